-- Imports of files by `moego import`, and the records that each of them stored. key is a keyed hash of what identifies a
-- record in its file, so that a later run finds it, and names nobody. An erasure removes the rows of its record.
CREATE TABLE import_job (
  company_id resource_id NOT NULL,
  id resource_id NOT NULL,
  name text NOT NULL,
  kind text COLLATE "C" NOT NULL,
  file_digest text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  created integer NOT NULL DEFAULT 0,
  updated integer NOT NULL DEFAULT 0,
  skipped integer NOT NULL DEFAULT 0,
  failed integer NOT NULL DEFAULT 0,
  author text COLLATE "C" NOT NULL DEFAULT '',
  started_time timestamptz NOT NULL,
  ended_time timestamptz,
  CONSTRAINT import_job_pkey PRIMARY KEY (company_id, id),
  CONSTRAINT import_job_company_fkey FOREIGN KEY (company_id) REFERENCES company (id),
  CONSTRAINT import_job_state_check CHECK (state IN ('RUNNING', 'DONE', 'UNDONE'))
);
CREATE INDEX import_job_by_time ON import_job (company_id, started_time, id);
GRANT SELECT, INSERT, UPDATE ON import_job TO moego_service;
CALL protect_tenant('import_job');

-- A row is written before its record (PLANNED), so that an undo finds the records of a run that was killed.
CREATE TABLE import_record (
  company_id resource_id NOT NULL,
  job_id resource_id NOT NULL,
  kind text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  record_id resource_id NOT NULL,
  content_hash text COLLATE "C" NOT NULL,
  row_number integer NOT NULL,
  state text COLLATE "C" NOT NULL,
  recorded_time timestamptz NOT NULL,
  CONSTRAINT import_record_pkey PRIMARY KEY (company_id, job_id, kind, key),
  CONSTRAINT import_record_job_fkey FOREIGN KEY (company_id, job_id) REFERENCES import_job (company_id, id),
  CONSTRAINT import_record_state_check CHECK (state IN ('PLANNED', 'CREATED', 'UNDONE', 'LEFT'))
);
CREATE INDEX import_record_by_key ON import_record (company_id, kind, key);
CREATE INDEX import_record_by_record ON import_record (company_id, kind, record_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON import_record TO moego_service;
CALL protect_tenant('import_record');
