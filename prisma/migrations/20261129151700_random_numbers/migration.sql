-- Numbers of customers, leads, pets, companies and consent entries came from sequences of the whole deployment: two of them told a tenant
-- how many records all others had made in between. New ones are random, of the 53 bits that every client can represent.
-- Stored ones stay. The previous version does not name the column, so it gets the same default.
CREATE FUNCTION random_number() RETURNS bigint LANGUAGE sql VOLATILE
RETURN greatest(1, ('x' || encode(substring(uuid_send(gen_random_uuid()) FROM 10), 'hex'))::bit(53)::bigint);

ALTER TABLE company ALTER COLUMN raw_id DROP IDENTITY;
ALTER TABLE company ALTER COLUMN raw_id SET DEFAULT random_number();
ALTER TABLE customer ALTER COLUMN raw_id DROP IDENTITY;
ALTER TABLE customer ALTER COLUMN raw_id SET DEFAULT random_number();
ALTER TABLE lead ALTER COLUMN raw_id DROP IDENTITY;
ALTER TABLE lead ALTER COLUMN raw_id SET DEFAULT random_number();
ALTER TABLE pet ALTER COLUMN raw_id DROP IDENTITY;
ALTER TABLE pet ALTER COLUMN raw_id SET DEFAULT random_number();

-- The entries of one subject have distinct times, so the order of the ids decides nothing.
ALTER TABLE consent_event ALTER COLUMN id DROP IDENTITY;
ALTER TABLE consent_event ALTER COLUMN id SET DEFAULT random_number();
