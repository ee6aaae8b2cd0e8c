-- Ids of pets in other systems, as customer_external_id has those of customers.
CREATE TABLE pet_external_id (
  company_id resource_id NOT NULL,
  system text COLLATE "C" NOT NULL,
  external_id text COLLATE "C" NOT NULL,
  pet_id resource_id NOT NULL,
  CONSTRAINT pet_external_id_pkey PRIMARY KEY (company_id, system, external_id),
  CONSTRAINT pet_external_id_pet_fkey FOREIGN KEY (company_id, pet_id)
    REFERENCES pet (company_id, id) ON DELETE CASCADE
);
CREATE INDEX pet_external_id_by_pet ON pet_external_id (company_id, pet_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON pet_external_id TO moego_service;
CALL protect_tenant('pet_external_id');
