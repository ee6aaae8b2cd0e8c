-- Sets the kind of the idempotency records that are older than the trigger of the previous migration. A separate
-- migration, since adding a column locks the table: requests would wait until all rows are written.
UPDATE idempotency SET kind = idempotency_kind(rpc) WHERE kind IS NULL;
