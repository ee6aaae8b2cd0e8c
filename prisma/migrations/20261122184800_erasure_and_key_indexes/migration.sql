-- What a delete or an erasure looks for by an index, where it read the whole table before.

-- The claims that name what is erased. Not by company: that would still read all claims of a day of a large one. A row
-- that is inserted pays at once (fastupdate off): no call flushes the pending list of others, and no erasure reads it.
-- Building it holds back claims: 3.6 s for a million.
CREATE INDEX idempotency_by_resource ON idempotency USING gin (resource_ids) WITH (fastupdate = off);

CREATE INDEX card_link_by_customer ON card_link (company_id, customer_id);
