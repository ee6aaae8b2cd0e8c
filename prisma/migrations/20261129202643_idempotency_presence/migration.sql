-- Keyed hash of the members that a JSON request has and its message has not. Null in records of earlier versions, which
-- expire within 24 hours.
ALTER TABLE idempotency ADD COLUMN presence bytea;
