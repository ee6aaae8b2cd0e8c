-- A redemption may be given back in parts: how much of it is left to give back is a sum, taken under the package's lock.
ALTER TABLE package_ledger DROP CONSTRAINT package_ledger_reversed_key;
CREATE INDEX package_ledger_by_reversed ON package_ledger (company_id, reversed_id) WHERE reversed_id IS NOT NULL;
