-- External APIs: systems of others that a call centre asks for data.

-- headers, request_params, output_params: arrays as src/domain/callcenter/external-api.ts has them; no secret is among them.
CREATE TABLE external_api (
  company_id resource_id NOT NULL,
  id resource_id NOT NULL,
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  method text NOT NULL,
  url text NOT NULL,
  headers jsonb NOT NULL DEFAULT '[]',
  request_params jsonb NOT NULL DEFAULT '[]',
  output_params jsonb NOT NULL DEFAULT '[]',
  timeout_ms integer NOT NULL DEFAULT 3000,
  archived_time timestamptz,
  created_by text NOT NULL DEFAULT '',
  created_time timestamptz NOT NULL,
  last_updated_by text NOT NULL DEFAULT '',
  last_updated_time timestamptz NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT external_api_pkey PRIMARY KEY (company_id, id),
  CONSTRAINT external_api_company_fkey FOREIGN KEY (company_id) REFERENCES company (id),
  CONSTRAINT external_api_method CHECK (method IN ('GET', 'POST', 'PUT', 'PATCH', 'DELETE'))
);
CREATE INDEX external_api_by_time ON external_api (company_id, created_time DESC, id DESC);

-- Values of secret headers, by header name in lower case, encrypted under SECRET_KEY and bound to the row.
CREATE TABLE external_api_secret (
  company_id resource_id NOT NULL,
  external_api_id resource_id NOT NULL,
  name text COLLATE "C" NOT NULL,
  sealed bytea NOT NULL,
  CONSTRAINT external_api_secret_pkey PRIMARY KEY (company_id, external_api_id, name),
  CONSTRAINT external_api_secret_api_fkey FOREIGN KEY (company_id, external_api_id)
    REFERENCES external_api (company_id, id) ON DELETE CASCADE
);

GRANT SELECT, INSERT, UPDATE ON external_api TO moego_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON external_api_secret TO moego_service;
