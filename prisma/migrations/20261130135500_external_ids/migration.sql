-- Ids of customers in other systems. A table for each kind of record: its foreign key removes the ids with the record.
CREATE TABLE customer_external_id (
  company_id resource_id NOT NULL,
  system text COLLATE "C" NOT NULL,
  external_id text COLLATE "C" NOT NULL,
  customer_id resource_id NOT NULL,
  CONSTRAINT customer_external_id_pkey PRIMARY KEY (company_id, system, external_id),
  CONSTRAINT customer_external_id_customer_fkey FOREIGN KEY (company_id, customer_id)
    REFERENCES customer (company_id, id) ON DELETE CASCADE
);
CREATE INDEX customer_external_id_by_customer ON customer_external_id (company_id, customer_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON customer_external_id TO moego_service;
CALL protect_tenant('customer_external_id');
