-- The flows of a call centre's IVR (moego.callcenter.v1).

-- definition: FlowDefinition of src/domain/callcenter/ivr-flow.ts, written and read as a whole. What it names is checked before it is
-- stored, and may be archived later.
CREATE TABLE ivr_flow (
  company_id resource_id NOT NULL,
  id resource_id NOT NULL,
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  definition jsonb NOT NULL,
  archived_time timestamptz,
  created_by text NOT NULL DEFAULT '',
  created_time timestamptz NOT NULL,
  last_updated_by text NOT NULL DEFAULT '',
  last_updated_time timestamptz NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT ivr_flow_pkey PRIMARY KEY (company_id, id),
  CONSTRAINT ivr_flow_company_fkey FOREIGN KEY (company_id) REFERENCES company (id),
  CONSTRAINT ivr_flow_definition CHECK (jsonb_typeof(definition) = 'object')
);
CREATE INDEX ivr_flow_by_name ON ivr_flow (company_id, name, id);

GRANT SELECT, INSERT, UPDATE ON ivr_flow TO moego_service;
