-- Erasure: a record is deleted, and what must stay of it (ledgers, packages) goes on under a salted hash of its id, which
-- the service computes (src/persistence/pseudonym.ts).
--
-- The ledgers stay append-only but for that one thing: the id of a record that no longer exists may be replaced by its
-- hash, once, and nothing else of a row can change. Even this the service's role can only do through forget_subject().

-- The package stays with its ledger when its customer is erased, so its customer_id may hold such a hash. Who sells a
-- package holds FOR KEY SHARE on the customer, which keeps it from being erased meanwhile.
ALTER TABLE package DROP CONSTRAINT package_customer_fkey;

DROP TRIGGER consent_event_is_a_ledger ON consent_event;
CREATE TRIGGER consent_event_is_a_ledger
  BEFORE DELETE OR TRUNCATE OR UPDATE OF company_id, id, subject_kind, occurred_time, rpc, key_id, staff_id, ip, request_id,
    before, after ON consent_event
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();

DROP TRIGGER change_is_a_ledger ON change;
CREATE TRIGGER change_is_a_ledger
  BEFORE DELETE OR TRUNCATE OR UPDATE OF company_id, id, kind, version, rpc, key_id, staff_id, request_id, changed_time,
    change_xid ON change
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();

-- Arguments: the columns that hold the kind and the id of the subject.
CREATE FUNCTION refuse_ledger_rename() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  kind text := to_jsonb(OLD) ->> TG_ARGV[0];
  old_id text := to_jsonb(OLD) ->> TG_ARGV[1];
  new_id text := to_jsonb(NEW) ->> TG_ARGV[1];
BEGIN
  IF new_id NOT LIKE 'erased\_%' OR old_id LIKE 'erased\_%' OR kind NOT IN ('customer', 'lead')
    OR (kind = 'customer' AND EXISTS (SELECT FROM customer WHERE company_id = OLD.company_id AND id = old_id))
    OR (kind = 'lead' AND EXISTS (SELECT FROM lead WHERE company_id = OLD.company_id AND id = old_id))
  THEN
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER consent_event_keeps_its_subject BEFORE UPDATE ON consent_event
  FOR EACH ROW EXECUTE FUNCTION refuse_ledger_rename('subject_kind', 'subject_id');
CREATE TRIGGER change_keeps_its_subject BEFORE UPDATE ON change
  FOR EACH ROW EXECUTE FUNCTION refuse_ledger_rename('kind', 'resource_id');

-- Runs as the owner: the service may not update ledgers. Call it after the record is deleted.
CREATE FUNCTION forget_subject(company text, subject_kind text, subject_id text, pseudonym text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE consent_event e SET subject_id = $4 WHERE e.company_id = $1 AND e.subject_kind = $2 AND e.subject_id = $3;
  UPDATE change c SET resource_id = $4 WHERE c.company_id = $1 AND c.kind = $2 AND c.resource_id = $3;
  UPDATE package p SET customer_id = $4 WHERE $2 = 'customer' AND p.company_id = $1 AND p.customer_id = $3;
$$;
REVOKE ALL ON FUNCTION forget_subject(text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_subject(text, text, text, text) TO moego_service;

-- The history of a subject in the order in which it is listed.
DROP INDEX consent_event_by_subject;
CREATE INDEX consent_event_by_subject ON consent_event (company_id, subject_kind, subject_id, occurred_time DESC, id DESC);
