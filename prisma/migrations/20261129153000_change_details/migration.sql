-- What the audit log cannot learn later. changed_fields is empty for a record that was created, removed or erased, and in
-- the rows of the previous build. A location is the preferred one of a customer, a lead or the owner of a pet, or
-- where a package was sold. related is the other record of a promotion.
ALTER TABLE change
  ADD COLUMN changed_fields text[] COLLATE "C" NOT NULL DEFAULT '{}',
  ADD COLUMN location_before text COLLATE "C",
  ADD COLUMN location_after text COLLATE "C",
  ADD COLUMN client_address text COLLATE "C" NOT NULL DEFAULT '',
  ADD COLUMN related_kind text COLLATE "C",
  ADD COLUMN related_id text COLLATE "C";

-- An erasure looks for the rows that name the record.
CREATE INDEX change_by_related ON change (company_id, related_kind, related_id) WHERE related_id IS NOT NULL;

-- The addresses and ids of an erased record can be changed, see refuse_change_edit().
DROP TRIGGER change_is_a_ledger ON change;
CREATE TRIGGER change_is_a_ledger
  BEFORE DELETE OR TRUNCATE OR UPDATE OF company_id, id, kind, version, rpc, key_id, staff_id, request_id, changed_time,
    change_xid, changed_fields, location_before, location_after, related_kind ON change
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();

CREATE FUNCTION refuse_change_edit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  renamed boolean := NEW.resource_id <> OLD.resource_id;
  parted boolean := NEW.related_id IS DISTINCT FROM OLD.related_id;
  cleared boolean := NEW.client_address <> OLD.client_address;
BEGIN
  IF NOT (renamed OR parted OR cleared)
    OR renamed AND (NEW.resource_id NOT LIKE 'erased\_%' OR OLD.resource_id LIKE 'erased\_%' OR NEW.client_address <> ''
      OR record_exists(OLD.company_id, OLD.kind, OLD.resource_id))
    OR parted AND (NEW.related_id IS NULL OR OLD.related_id IS NULL
      OR NEW.related_id NOT LIKE 'erased\_%' OR OLD.related_id LIKE 'erased\_%'
      OR record_exists(OLD.company_id, OLD.related_kind, OLD.related_id))
    OR cleared AND (NEW.client_address <> '' OR NOT (renamed OR parted OR OLD.kind = 'package' AND EXISTS (
      SELECT FROM package p
      WHERE p.company_id = OLD.company_id AND p.id = OLD.resource_id AND p.customer_id LIKE 'erased\_%')))
  THEN
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER change_keeps_its_subject ON change;
CREATE TRIGGER change_keeps_its_subject BEFORE UPDATE ON change
  FOR EACH ROW EXECUTE FUNCTION refuse_change_edit();

-- As before, with the addresses of the record's changes, those of its packages, and its id in rows of other records.
CREATE OR REPLACE FUNCTION forget_subject(company text, subject_kind text, subject_id text, pseudonym text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT may_write($1) THEN
    RAISE EXCEPTION 'another company' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF record_exists($1, $2, $3) OR $4 NOT LIKE 'erased\_%' THEN
    RAISE EXCEPTION 'only what is gone is forgotten' USING ERRCODE = 'restrict_violation';
  END IF;
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
