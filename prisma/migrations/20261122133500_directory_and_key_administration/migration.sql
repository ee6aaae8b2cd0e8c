-- Administration of companies, locations, staff and API keys.

-- Companies, locations and staff are aggregates like the others: their changes stand in the ledger by version.
ALTER TABLE company ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE business ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE staff ADD COLUMN version bigint NOT NULL DEFAULT 1;

-- A claim is found by key, rpc and text alone; an API key belongs to no company, so the claim that makes one has none.
ALTER TABLE idempotency ALTER COLUMN company_id DROP NOT NULL;

-- Keys of one organization, without walking those of all others.
CREATE INDEX api_key_organization_by_organization ON api_key_organization (organization_id, company_id, type, key_id);

-- What became of each API key: a ledger of its own, since those of the tenants begin with a company. by_key_id is empty
-- for the moego command. Names and restrictions of a key never change, and its secrets are not here.
CREATE TABLE api_key_change (
  id bigint GENERATED ALWAYS AS IDENTITY,
  key_id text COLLATE "C" NOT NULL,
  kind text NOT NULL,
  rpc text NOT NULL,
  by_key_id text COLLATE "C" NOT NULL,
  staff_id text NOT NULL DEFAULT '',
  ip text NOT NULL,
  request_id text NOT NULL,
  changed_time timestamptz NOT NULL,
  CONSTRAINT api_key_change_pkey PRIMARY KEY (id),
  CONSTRAINT api_key_change_kind CHECK (kind IN ('CREATED', 'ROTATED', 'REVOKED'))
);
CREATE INDEX api_key_change_by_key ON api_key_change (key_id, id);
CREATE TRIGGER api_key_change_is_a_ledger BEFORE UPDATE OR DELETE OR TRUNCATE ON api_key_change
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();

GRANT SELECT, INSERT ON api_key_change TO moego_service;
