-- Customers whose pets have the same name and breed, whatever the case and the accents. fold_name has a plan that is kept
-- for a session, so a new pet costs little more.
CREATE INDEX pet_by_name_and_breed ON pet (company_id, fold_name(name), fold_name(breed), customer_id)
  WHERE customer_id IS NOT NULL AND archived_time IS NULL AND breed <> '';

-- Pairs of customers that somebody has found to be different people. The smaller id comes first.
CREATE TABLE dismissed_duplicate (
  company_id resource_id NOT NULL,
  customer_id resource_id NOT NULL,
  other_customer_id resource_id NOT NULL,
  CONSTRAINT dismissed_duplicate_pkey PRIMARY KEY (company_id, customer_id, other_customer_id),
  CONSTRAINT dismissed_duplicate_order CHECK (customer_id COLLATE "C" < other_customer_id COLLATE "C"),
  CONSTRAINT dismissed_duplicate_customer_fkey FOREIGN KEY (company_id, customer_id)
    REFERENCES customer (company_id, id) ON DELETE CASCADE,
  CONSTRAINT dismissed_duplicate_other_customer_fkey FOREIGN KEY (company_id, other_customer_id)
    REFERENCES customer (company_id, id) ON DELETE CASCADE
);
CREATE INDEX dismissed_duplicate_by_other_customer ON dismissed_duplicate (company_id, other_customer_id);
GRANT SELECT, INSERT, DELETE ON dismissed_duplicate TO moego_service;
CALL protect_tenant('dismissed_duplicate');
