-- Reads of personal data by API keys. records has `customer/<id>` and `lead/<id>`. Rows are added by the service and
-- removed by its clean-up; an erasure replaces the id.
CREATE TABLE key_use (
  company_id resource_id NOT NULL,
  id resource_id NOT NULL,
  key_id text COLLATE "C" NOT NULL,
  rpc text COLLATE "C" NOT NULL,
  records text[] COLLATE "C" NOT NULL DEFAULT '{}',
  request_id text COLLATE "C" NOT NULL,
  client_address text COLLATE "C" NOT NULL DEFAULT '',
  used_time timestamptz NOT NULL,
  CONSTRAINT key_use_pkey PRIMARY KEY (company_id, id),
  CONSTRAINT key_use_company_fkey FOREIGN KEY (company_id) REFERENCES company (id)
);
CREATE INDEX key_use_by_time ON key_use (company_id, used_time, id);
CREATE INDEX key_use_by_key ON key_use (company_id, key_id, used_time, id);
CREATE INDEX key_use_by_record ON key_use USING gin (records) WITH (fastupdate = off);
CREATE INDEX key_use_by_age ON key_use (used_time);

-- DELETE ... FOR UPDATE of the clean-up needs UPDATE, of a column that never matters.
GRANT SELECT, INSERT, DELETE, UPDATE (used_time) ON key_use TO moego_service;
CALL protect_tenant('key_use');

-- The clean-up removes old entries of the audit log through this function alone. Those of erased records remain: they keep
-- an import from bringing the record back. So do those of the last day, whatever the caller says.
CREATE INDEX change_by_age ON change USING brin (changed_time);
DROP TRIGGER change_is_a_ledger ON change;
CREATE TRIGGER change_is_a_ledger
  BEFORE TRUNCATE OR UPDATE OF company_id, id, kind, version, rpc, key_id, staff_id, request_id, changed_time,
    change_xid, changed_fields, location_before, location_after, related_kind ON change
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();
CREATE FUNCTION refuse_recent_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('moego.removes_old_changes', true) IS DISTINCT FROM 'on' OR OLD.resource_id LIKE 'erased\_%'
    OR OLD.changed_time > statement_timestamp() - interval '1 day' THEN
    RAISE EXCEPTION 'rows of % are never removed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER change_keeps_its_rows BEFORE DELETE ON change FOR EACH ROW EXECUTE FUNCTION refuse_recent_removal();

CREATE FUNCTION remove_old_changes(before timestamptz, most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  removed integer;
BEGIN
  IF NOT may_write('*') THEN
    RAISE EXCEPTION 'not all companies' USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM set_config('moego.removes_old_changes', 'on', true);
  DELETE FROM change WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM change WHERE changed_time < least($1, statement_timestamp() - interval '1 day')
      AND resource_id NOT LIKE 'erased\_%' LIMIT $2 FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS removed = ROW_COUNT;
  PERFORM set_config('moego.removes_old_changes', '', true);
  RETURN removed;
END $$;
REVOKE ALL ON FUNCTION remove_old_changes(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION remove_old_changes(timestamptz, integer) TO moego_service;

-- As before, with the reads of the record.
CREATE OR REPLACE FUNCTION forget_subject(company text, subject_kind text, subject_id text, pseudonym text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT may_write($1) THEN
    RAISE EXCEPTION 'another company' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF record_exists($1, $2, $3) OR $4 NOT LIKE 'erased\_%' THEN
    RAISE EXCEPTION 'only what is gone is forgotten' USING ERRCODE = 'restrict_violation';
  END IF;
  -- Reads that are not stored yet: see src/db/key-use-log.ts.
  PERFORM pg_advisory_xact_lock(hashtext('key use'), hashtext($1));
  UPDATE key_use u SET records = array_replace(u.records, ($2 || '/' || $3) COLLATE "C", ($2 || '/' || $4) COLLATE "C"), client_address = ''
    WHERE u.company_id = $1 AND u.records @> ARRAY[$2 || '/' || $3]::text[] COLLATE "C";
  UPDATE consent_event e SET subject_id = $4, ip = ''
    WHERE e.company_id = $1 AND e.subject_kind = $2 AND e.subject_id = $3;
  UPDATE change c SET resource_id = $4, client_address = ''
    WHERE c.company_id = $1 AND c.kind = $2 AND c.resource_id = $3;
  UPDATE change c SET related_id = $4, client_address = ''
    WHERE c.company_id = $1 AND c.related_kind = $2 AND c.related_id = $3;
  IF $2 = 'customer' THEN
    UPDATE package p SET customer_id = $4, name = '', description = '' WHERE p.company_id = $1 AND p.customer_id = $3;
    UPDATE package_ledger e SET note = '', appointment_id = erased_reference(e.appointment_id),
        order_id = erased_reference(e.order_id)
      WHERE (e.company_id, e.package_id) IN (SELECT p.company_id, p.id FROM package p
        WHERE p.company_id = $1 AND p.customer_id = $4) AND e.note || e.appointment_id || e.order_id <> '';
    UPDATE change c SET client_address = ''
      WHERE c.company_id = $1 AND c.kind = 'package' AND c.client_address <> '' AND c.resource_id IN (
        SELECT p.id FROM package p WHERE p.company_id = $1 AND p.customer_id = $4);
  END IF;
END $$;
