-- Erasure leaves nothing of a person. What goes besides the record itself: the ids of its pets in the ledger of changes,
-- the address from which its consent was given, the texts of its packages and of their ledgers, and what other records
-- say of it in RELATION fields.
--
-- The ledgers stay append-only but for that: a row may lose what names the person, once, when the record is gone, and
-- nothing else of it can change. The service's role can only do it through forget_subject().

CREATE FUNCTION record_exists(company text, kind text, record_id text) RETURNS boolean LANGUAGE sql AS $$
  SELECT CASE $2
    WHEN 'customer' THEN EXISTS (SELECT FROM customer c WHERE c.company_id = $1 AND c.id = $3)
    WHEN 'lead' THEN EXISTS (SELECT FROM lead l WHERE l.company_id = $1 AND l.id = $3)
    WHEN 'pet' THEN EXISTS (SELECT FROM pet p WHERE p.company_id = $1 AND p.id = $3)
    ELSE true END
$$;

-- The address goes with the id, in the same update: see refuse_ledger_rename().
DROP TRIGGER consent_event_is_a_ledger ON consent_event;
CREATE TRIGGER consent_event_is_a_ledger
  BEFORE DELETE OR TRUNCATE OR UPDATE OF company_id, id, subject_kind, occurred_time, rpc, key_id, staff_id, request_id,
    before, after ON consent_event
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();

-- Arguments: the columns that hold the kind and the id of the subject.
CREATE OR REPLACE FUNCTION refuse_ledger_rename() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  kind text := to_jsonb(OLD) ->> TG_ARGV[0];
  old_id text := to_jsonb(OLD) ->> TG_ARGV[1];
  new_id text := to_jsonb(NEW) ->> TG_ARGV[1];
BEGIN
  IF new_id NOT LIKE 'erased\_%' OR old_id LIKE 'erased\_%' OR coalesce(to_jsonb(NEW) ->> 'ip', '') <> ''
    OR record_exists(OLD.company_id, kind, old_id)
  THEN
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;

-- A package stays with whom it was sold to, until that is forgotten.
CREATE FUNCTION refuse_new_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.customer_id = OLD.customer_id THEN RETURN NEW; END IF;
  IF NEW.customer_id NOT LIKE 'erased\_%' OR OLD.customer_id LIKE 'erased\_%'
    OR record_exists(OLD.company_id, 'customer', OLD.customer_id)
  THEN
    RAISE EXCEPTION 'a package stays with its customer' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER package_keeps_its_customer BEFORE UPDATE OF customer_id ON package
  FOR EACH ROW EXECUTE FUNCTION refuse_new_owner();

DROP TRIGGER package_ledger_is_a_ledger ON package_ledger;
CREATE TRIGGER package_ledger_is_a_ledger
  BEFORE DELETE OR TRUNCATE OR UPDATE OF company_id, id, package_id, package_service_id, kind, quantity, reversed_id,
    occurred_time, rpc, key_id, staff_id, request_id ON package_ledger
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();

-- What an entry says in the place of the appointment or order that it named: that it named one.
CREATE FUNCTION erased_reference(reference text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE $1 WHEN '' THEN '' ELSE 'erased' END
$$;

CREATE FUNCTION refuse_ledger_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.note <> '' OR NEW.appointment_id <> erased_reference(OLD.appointment_id)
    OR NEW.order_id <> erased_reference(OLD.order_id)
    OR NOT EXISTS (SELECT FROM package p
      WHERE p.company_id = OLD.company_id AND p.id = OLD.package_id AND p.customer_id LIKE 'erased\_%')
  THEN
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER package_ledger_keeps_its_text BEFORE UPDATE ON package_ledger
  FOR EACH ROW EXECUTE FUNCTION refuse_ledger_text();

-- Runs as the owner: the service may not update ledgers. Call it after the record is deleted. Its packages may have the
-- pseudonym already.
CREATE OR REPLACE FUNCTION forget_subject(company text, subject_kind text, subject_id text, pseudonym text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF record_exists($1, $2, $3) OR $4 NOT LIKE 'erased\_%' THEN
    RAISE EXCEPTION 'only what is gone is forgotten' USING ERRCODE = 'restrict_violation';
  END IF;
  UPDATE consent_event e SET subject_id = $4, ip = ''
    WHERE e.company_id = $1 AND e.subject_kind = $2 AND e.subject_id = $3;
  UPDATE change c SET resource_id = $4 WHERE c.company_id = $1 AND c.kind = $2 AND c.resource_id = $3;
  IF $2 = 'customer' THEN
    UPDATE package p SET customer_id = $4, name = '', description = '' WHERE p.company_id = $1 AND p.customer_id = $3;
    UPDATE package_ledger e SET note = '', appointment_id = erased_reference(e.appointment_id),
        order_id = erased_reference(e.order_id)
      WHERE (e.company_id, e.package_id) IN (SELECT p.company_id, p.id FROM package p
        WHERE p.company_id = $1 AND p.customer_id = $4) AND e.note || e.appointment_id || e.order_id <> '';
  END IF;
END $$;

-- Relations -----------------------------------------------------------------------------------------------------------

-- RELATION values are no foreign keys, so whoever stores one holds what it points to until the commit, as a foreign key
-- would: an erasure then either finds the value or is found by it. What is gone by then was there when the call was
-- checked, so the call is tried again and refused by its check.
CREATE FUNCTION hold_relations(company text, before jsonb, after jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  relation jsonb;
BEGIN
  FOR relation IN SELECT f.value -> 'relation' FROM jsonb_each($3) f
    WHERE f.value ? 'relation' AND f.value IS DISTINCT FROM $2 -> f.key ORDER BY 1
  LOOP
    IF relation ->> 'entity' = 'LEAD' THEN
      PERFORM FROM lead l WHERE l.company_id = $1
        AND (l.id = relation ->> 'refId' OR l.raw_id = (relation ->> 'id')::bigint) FOR KEY SHARE;
    ELSE
      PERFORM FROM customer c WHERE c.company_id = $1
        AND (c.id = relation ->> 'refId' OR c.raw_id = (relation ->> 'id')::bigint) FOR KEY SHARE;
    END IF;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'a relation points to a record that is gone' USING ERRCODE = 'serialization_failure';
    END IF;
  END LOOP;
END $$;

CREATE FUNCTION hold_relations_of_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM hold_relations(NEW.company_id, CASE TG_OP WHEN 'UPDATE' THEN OLD.custom_fields END, NEW.custom_fields);
  RETURN NULL;
END $$;

CREATE FUNCTION hold_relations_of_default() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM hold_relations(NEW.company_id, NULL, jsonb_build_object('default', NEW.default_value));
  RETURN NULL;
END $$;

-- Values that point to what was erased before now go: nothing could hold it.
CREATE FUNCTION stands(company text, relation jsonb) RETURNS boolean LANGUAGE sql AS $$
  SELECT CASE $2 ->> 'entity'
    WHEN 'LEAD' THEN EXISTS (SELECT FROM lead l WHERE l.company_id = $1
      AND (l.id = $2 ->> 'refId' OR l.raw_id = ($2 ->> 'id')::bigint))
    ELSE EXISTS (SELECT FROM customer c WHERE c.company_id = $1
      AND (c.id = $2 ->> 'refId' OR c.raw_id = ($2 ->> 'id')::bigint)) END
$$;
UPDATE customer c SET custom_fields = (SELECT coalesce(jsonb_object_agg(f.key, f.value), '{}')
    FROM jsonb_each(c.custom_fields) f WHERE NOT f.value ? 'relation' OR stands(c.company_id, f.value -> 'relation'))
  WHERE c.custom_fields @? '$.*.relation';
UPDATE lead l SET custom_fields = (SELECT coalesce(jsonb_object_agg(f.key, f.value), '{}')
    FROM jsonb_each(l.custom_fields) f WHERE NOT f.value ? 'relation' OR stands(l.company_id, f.value -> 'relation'))
  WHERE l.custom_fields @? '$.*.relation';
UPDATE custom_field d SET default_value = NULL
  WHERE d.default_value @? '$.relation' AND NOT stands(d.company_id, d.default_value -> 'relation');
DROP FUNCTION stands(text, jsonb);

CREATE TRIGGER customer_holds_relations AFTER INSERT OR UPDATE OF custom_fields ON customer
  FOR EACH ROW WHEN (NEW.custom_fields @? '$.*.relation') EXECUTE FUNCTION hold_relations_of_record();
CREATE TRIGGER lead_holds_relations AFTER INSERT OR UPDATE OF custom_fields ON lead
  FOR EACH ROW WHEN (NEW.custom_fields @? '$.*.relation') EXECUTE FUNCTION hold_relations_of_record();
CREATE TRIGGER custom_field_holds_relations AFTER INSERT OR UPDATE OF default_value ON custom_field
  FOR EACH ROW WHEN (NEW.default_value @? '$.relation') EXECUTE FUNCTION hold_relations_of_default();

-- An erasure looks for relations among the records that have any.
CREATE INDEX customer_with_relation ON customer (company_id) WHERE custom_fields @? '$.*.relation';
CREATE INDEX lead_with_relation ON lead (company_id) WHERE custom_fields @? '$.*.relation';

-- What stands of records that were erased before now --------------------------------------------------------------------

ALTER TABLE consent_event DISABLE TRIGGER USER;
UPDATE consent_event SET ip = '' WHERE subject_id LIKE 'erased\_%';
ALTER TABLE consent_event ENABLE TRIGGER USER;
UPDATE package SET name = '', description = '' WHERE customer_id LIKE 'erased\_%';
UPDATE package_ledger e SET note = '', appointment_id = erased_reference(e.appointment_id),
    order_id = erased_reference(e.order_id)
  FROM package p WHERE p.company_id = e.company_id AND p.id = e.package_id AND p.customer_id LIKE 'erased\_%';
