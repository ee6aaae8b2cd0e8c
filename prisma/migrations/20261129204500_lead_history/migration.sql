-- The stages and action statuses of a lead, one row for each value from when it applied. A trigger adds the rows, so that
-- they are stored in the statement that changes the lead, also by the previous build. The lead's row remains after a
-- promotion, and so do they; an erasure deletes both.
CREATE TABLE lead_history (
  company_id resource_id NOT NULL,
  id bigint NOT NULL DEFAULT random_number(),
  lead_id resource_id NOT NULL,
  -- 1: life cycle, 2: action status
  kind smallint NOT NULL,
  -- NULL once the lead has none.
  value_id resource_id,
  started_time timestamptz NOT NULL,
  started_by text NOT NULL DEFAULT '',
  CONSTRAINT lead_history_pkey PRIMARY KEY (company_id, id),
  CONSTRAINT lead_history_lead_fkey FOREIGN KEY (company_id, lead_id) REFERENCES lead (company_id, id) ON DELETE CASCADE
);
CREATE INDEX lead_history_by_time ON lead_history (company_id, lead_id, started_time DESC, id DESC);
GRANT SELECT, INSERT ON lead_history TO moego_service;
CALL protect_tenant('lead_history');

CREATE FUNCTION record_lead_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO lead_history (company_id, lead_id, kind, value_id, started_time, started_by)
    SELECT NEW.company_id, NEW.id, v.kind, v.value_id,
      CASE TG_OP WHEN 'INSERT' THEN NEW.created_time ELSE NEW.last_updated_time END,
      CASE TG_OP WHEN 'INSERT' THEN NEW.created_by ELSE NEW.last_updated_by END
    -- OLD has nulls for a new lead.
    FROM (VALUES (1, NEW.life_cycle_id, OLD.life_cycle_id), (2, NEW.action_status_id, OLD.action_status_id))
      v (kind, value_id, former_id)
    WHERE v.value_id IS DISTINCT FROM v.former_id;
  RETURN NULL;
END $$;
CREATE TRIGGER lead_has_a_history AFTER INSERT OR UPDATE OF life_cycle_id, action_status_id ON lead
  FOR EACH ROW EXECUTE FUNCTION record_lead_history();
