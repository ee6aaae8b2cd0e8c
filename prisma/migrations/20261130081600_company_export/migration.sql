-- What an export of the company has read: the number of rows by table. NULL for other reads. It is stored when the export
-- starts, and counted when it ends.
ALTER TABLE key_use ADD COLUMN exported jsonb;
GRANT UPDATE (exported) ON key_use TO moego_service;

-- The load of an export stores the rows as they were, in any order, also those that the triggers below would derive or
-- compare with rows that are loaded later. moego.loads_export is on in its transaction alone.
CREATE FUNCTION loads_export() RETURNS boolean LANGUAGE sql STABLE
RETURN current_setting('moego.loads_export', true) IS NOT DISTINCT FROM 'on';

CREATE OR REPLACE FUNCTION record_lead_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF loads_export() THEN
    RETURN NULL;
  END IF;
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

CREATE OR REPLACE FUNCTION count_package_units() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF loads_export() THEN
    RETURN NULL;
  END IF;
  UPDATE package p SET remaining_quantity = p.remaining_quantity + NEW.quantity
    WHERE p.company_id = NEW.company_id AND p.id = NEW.package_id AND NEW.quantity <> 0;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION hold_relations_of_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF loads_export() THEN
    RETURN NULL;
  END IF;
  PERFORM hold_relations(NEW.company_id, CASE TG_OP WHEN 'UPDATE' THEN OLD.custom_fields END, NEW.custom_fields);
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION hold_relations_of_default() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF loads_export() THEN
    RETURN NULL;
  END IF;
  PERFORM hold_relations(NEW.company_id, NULL, jsonb_build_object('default', NEW.default_value));
  RETURN NULL;
END $$;
