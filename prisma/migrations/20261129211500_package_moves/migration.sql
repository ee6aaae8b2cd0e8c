-- Packages are frozen, extended and moved, and get goodwill units. moved_from_id: the package whose units it was made of.
ALTER TABLE package
  ADD COLUMN frozen_time timestamptz(6),
  ADD COLUMN moved_from_id resource_id;
CREATE INDEX package_by_origin ON package (company_id, moved_from_id) WHERE moved_from_id IS NOT NULL;

-- moved_package_id: where units went, or came from. days: by how many days the entry moved the end of the package.
-- Entries about the whole package have no item.
ALTER TABLE package_ledger
  ALTER COLUMN package_service_id DROP NOT NULL,
  ADD COLUMN moved_package_id resource_id,
  ADD COLUMN days integer,
  DROP CONSTRAINT package_ledger_kind,
  DROP CONSTRAINT package_ledger_sign;
ALTER TABLE package_ledger
  ADD CONSTRAINT package_ledger_kind CHECK (kind IN (
    'SALE', 'REDEMPTION', 'REFUND', 'ADJUSTMENT', 'GOODWILL', 'MOVE', 'EXTENSION', 'FREEZE', 'THAW')) NOT VALID;
ALTER TABLE package_ledger
  ADD CONSTRAINT package_ledger_sign CHECK (CASE
    WHEN kind = 'REDEMPTION' THEN quantity < 0
    WHEN kind IN ('ADJUSTMENT', 'MOVE') THEN quantity <> 0
    WHEN kind = 'GOODWILL' THEN quantity > 0
    WHEN kind IN ('EXTENSION', 'FREEZE', 'THAW') THEN quantity = 0
    ELSE quantity >= 0 END) NOT VALID;
ALTER TABLE package_ledger
  ADD CONSTRAINT package_ledger_item CHECK (
    (package_service_id IS NULL) = (kind IN ('EXTENSION', 'FREEZE', 'THAW'))) NOT VALID;
ALTER TABLE package_ledger
  ADD CONSTRAINT package_ledger_moved CHECK ((moved_package_id IS NULL) = (kind <> 'MOVE')) NOT VALID;
ALTER TABLE package_ledger VALIDATE CONSTRAINT package_ledger_kind;
ALTER TABLE package_ledger VALIDATE CONSTRAINT package_ledger_sign;
ALTER TABLE package_ledger VALIDATE CONSTRAINT package_ledger_item;
ALTER TABLE package_ledger VALIDATE CONSTRAINT package_ledger_moved;
CREATE INDEX package_ledger_by_move ON package_ledger (company_id, moved_package_id) WHERE moved_package_id IS NOT NULL;

DROP TRIGGER package_ledger_is_a_ledger ON package_ledger;
CREATE TRIGGER package_ledger_is_a_ledger
  BEFORE DELETE OR TRUNCATE OR UPDATE OF company_id, id, package_id, package_service_id, kind, quantity, reversed_id,
    occurred_time, redeemed_time, rpc, key_id, staff_id, request_id, moved_package_id, days ON package_ledger
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();

-- As before, and the reason of a move once either of its customers was erased: it may name both.
CREATE OR REPLACE FUNCTION refuse_ledger_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.note <> '' OR NEW.appointment_id <> erased_reference(OLD.appointment_id)
    OR NEW.order_id <> erased_reference(OLD.order_id)
    OR NOT EXISTS (SELECT FROM package p
      WHERE p.company_id = OLD.company_id AND p.id IN (OLD.package_id, OLD.moved_package_id)
        AND p.customer_id LIKE 'erased\_%')
  THEN
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;

-- Runs as the owner: the service may not update ledgers.
CREATE FUNCTION forget_moves() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE package_ledger e SET note = ''
    WHERE e.company_id = NEW.company_id AND e.moved_package_id = NEW.id AND e.note <> '';
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION forget_moves() FROM PUBLIC;
CREATE TRIGGER package_forgets_moves AFTER UPDATE OF customer_id ON package FOR EACH ROW
  WHEN (NEW.customer_id LIKE 'erased\_%' AND OLD.customer_id <> NEW.customer_id) EXECUTE FUNCTION forget_moves();
