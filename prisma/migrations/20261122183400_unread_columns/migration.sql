-- What is stored or indexed and never read.

-- A sync waits by the change clock (change_horizon), not by the ids of transactions; what the tables said of that in
-- earlier migrations no longer holds. The ledger `change` keeps the id of its transaction.
DROP TRIGGER customer_stamp_change_xid ON customer;
DROP TRIGGER lead_stamp_change_xid ON lead;
DROP TRIGGER pet_stamp_change_xid ON pet;
DROP TRIGGER package_stamp_change_xid ON package;
DROP FUNCTION stamp_change_xid();
ALTER TABLE customer DROP COLUMN change_xid;
ALTER TABLE lead DROP COLUMN change_xid;
ALTER TABLE pet DROP COLUMN change_xid;
ALTER TABLE package DROP COLUMN change_xid;

-- Used links stay as a record and are never cleaned up, so that the clean-up need not pass them again at every run.
DROP INDEX card_link_by_expiry;
CREATE INDEX card_link_by_expiry ON card_link (expired_time) WHERE used_time IS NULL;
