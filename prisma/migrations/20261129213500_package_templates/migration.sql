-- What a company sells as packages. items: [{quantity, services: [{serviceId, unitPrice?}]}]. A sold package has a copy.
CREATE TABLE package_template (
  company_id resource_id NOT NULL,
  id resource_id NOT NULL,
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  price_currency text NOT NULL,
  price_units bigint NOT NULL,
  price_nanos integer NOT NULL,
  expiration_days integer,
  items jsonb NOT NULL,
  display_order integer NOT NULL DEFAULT 0,
  archived_time timestamptz,
  created_time timestamptz NOT NULL,
  last_updated_by text NOT NULL DEFAULT '',
  last_updated_time timestamptz NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT package_template_pkey PRIMARY KEY (company_id, id),
  CONSTRAINT package_template_company_fkey FOREIGN KEY (company_id) REFERENCES company (id)
);
CREATE INDEX package_template_by_order ON package_template (company_id, display_order, name, id);
GRANT SELECT, INSERT, UPDATE ON package_template TO moego_service;
CALL protect_tenant('package_template');

-- The template that a package was sold from. It is never deleted.
ALTER TABLE package ADD COLUMN template_id resource_id;
CREATE INDEX package_by_template ON package (company_id, template_id) WHERE template_id IS NOT NULL;
