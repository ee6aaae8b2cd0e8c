-- Ids of leads in other systems, as customer_external_id has those of customers.
CREATE TABLE lead_external_id (
  company_id resource_id NOT NULL,
  system text COLLATE "C" NOT NULL,
  external_id text COLLATE "C" NOT NULL,
  lead_id resource_id NOT NULL,
  CONSTRAINT lead_external_id_pkey PRIMARY KEY (company_id, system, external_id),
  CONSTRAINT lead_external_id_lead_fkey FOREIGN KEY (company_id, lead_id)
    REFERENCES lead (company_id, id) ON DELETE CASCADE
);
CREATE INDEX lead_external_id_by_lead ON lead_external_id (company_id, lead_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON lead_external_id TO moego_service;
CALL protect_tenant('lead_external_id');
