-- A redemption that is moved here was made before it was written: `occurred_time` stays the time of writing, by which the
-- ledger is ordered, and this is when the units were used. NULL = when the entry was written.
ALTER TABLE package_ledger
  ADD COLUMN redeemed_time timestamptz(6),
  ADD CONSTRAINT package_ledger_redeemed_time CHECK (redeemed_time IS NULL OR kind = 'REDEMPTION') NOT VALID;
-- Every row has NULL yet, so there is nothing to check that could take long.
ALTER TABLE package_ledger VALIDATE CONSTRAINT package_ledger_redeemed_time;

DROP TRIGGER package_ledger_is_a_ledger ON package_ledger;
CREATE TRIGGER package_ledger_is_a_ledger
  BEFORE DELETE OR TRUNCATE OR UPDATE OF company_id, id, package_id, package_service_id, kind, quantity, reversed_id,
    occurred_time, redeemed_time, rpc, key_id, staff_id, request_id ON package_ledger
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();
