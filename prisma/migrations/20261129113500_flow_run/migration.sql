-- Runs of flows with an idempotency key. The row is committed before the run starts. While ended_time is null, the run
-- is in progress until lease_time; after that its process has died, and its outcome is unknown. response is encrypted.
-- It is null if it is too large, or if a person in it was erased. people has `customer/<id>` and `lead/<id>`.
CREATE TABLE flow_run (
  company_id resource_id NOT NULL,
  key_id text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  fingerprint bytea NOT NULL,
  lease_time timestamptz NOT NULL,
  ended_time timestamptz,
  response bytea,
  people text[] COLLATE "C" NOT NULL DEFAULT '{}',
  erased boolean NOT NULL DEFAULT false,
  expired_time timestamptz NOT NULL,
  CONSTRAINT flow_run_pkey PRIMARY KEY (company_id, key_id, key),
  CONSTRAINT flow_run_company_fkey FOREIGN KEY (company_id) REFERENCES company (id)
);
CREATE INDEX flow_run_by_expiry ON flow_run (expired_time);
CREATE INDEX flow_run_by_person ON flow_run USING gin (people) WITH (fastupdate = off);

GRANT SELECT, INSERT, UPDATE, DELETE ON flow_run TO moego_service;

-- A trigger, so that an erasure by the previous build forgets the responses as well.
CREATE FUNCTION forget_flow_runs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE flow_run SET response = NULL, people = '{}', erased = true
    WHERE company_id = OLD.company_id AND people @> ARRAY[TG_TABLE_NAME || '/' || OLD.id]::text[] COLLATE "C";
  RETURN NULL;
END;
$$;
CREATE TRIGGER customer_forgets_flow_runs AFTER DELETE ON customer FOR EACH ROW EXECUTE FUNCTION forget_flow_runs();
CREATE TRIGGER lead_forgets_flow_runs AFTER DELETE ON lead FOR EACH ROW EXECUTE FUNCTION forget_flow_runs();
