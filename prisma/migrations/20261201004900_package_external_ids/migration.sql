-- Ids of packages in other systems, as customer_external_id has those of customers.
CREATE TABLE package_external_id (
  company_id resource_id NOT NULL,
  system text COLLATE "C" NOT NULL,
  external_id text COLLATE "C" NOT NULL,
  package_id resource_id NOT NULL,
  CONSTRAINT package_external_id_pkey PRIMARY KEY (company_id, system, external_id),
  CONSTRAINT package_external_id_package_fkey FOREIGN KEY (company_id, package_id)
    REFERENCES package (company_id, id) ON DELETE CASCADE
);
CREATE INDEX package_external_id_by_package ON package_external_id (company_id, package_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON package_external_id TO moego_service;
CALL protect_tenant('package_external_id');
