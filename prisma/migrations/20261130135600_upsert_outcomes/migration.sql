-- What an upsert did for each of resource_ids. Empty: the request created them.
ALTER TABLE idempotency ADD COLUMN outcomes text[] NOT NULL DEFAULT '{}';
