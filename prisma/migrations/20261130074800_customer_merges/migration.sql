-- Two records of one person are merged: from_id ceases, and everything that refers to it moves to into_id. survivor_id is
-- the record that has everything now, since into_id can be merged as well. The row in force of an id that ceased is the
-- only thing that its id leads to.
CREATE TABLE customer_merge (
  company_id resource_id NOT NULL,
  id resource_id NOT NULL,
  from_id resource_id NOT NULL,
  into_id resource_id NOT NULL,
  survivor_id resource_id NOT NULL,
  merged_time timestamptz NOT NULL,
  merged_by text NOT NULL DEFAULT '',
  undoable_until timestamptz NOT NULL,
  -- How many records of each kind moved.
  carried jsonb NOT NULL,
  undone_time timestamptz,
  -- What stayed with the survivor when the merge was undone.
  kept jsonb,
  CONSTRAINT customer_merge_pkey PRIMARY KEY (company_id, id),
  CONSTRAINT customer_merge_survivor_fkey FOREIGN KEY (company_id, survivor_id) REFERENCES customer (company_id, id) ON DELETE CASCADE,
  CONSTRAINT customer_merge_of_two CHECK (from_id <> into_id)
);
CREATE UNIQUE INDEX customer_merge_in_force ON customer_merge (company_id, from_id) WHERE undone_time IS NULL;
CREATE INDEX customer_merge_by_survivor ON customer_merge (company_id, survivor_id);
CREATE INDEX customer_merge_by_time ON customer_merge (company_id, merged_time DESC, id DESC);
GRANT SELECT, INSERT, UPDATE, DELETE ON customer_merge TO moego_service;
CALL protect_tenant('customer_merge');

-- Both records as they were before the merge, and the survivor as the merge left it. It has personal data, and goes with
-- the person, when the merge is undone, or when it can no longer be undone.
CREATE TABLE customer_merge_snapshot (
  company_id resource_id NOT NULL,
  merge_id resource_id NOT NULL,
  expired_time timestamptz NOT NULL,
  snapshot jsonb NOT NULL,
  CONSTRAINT customer_merge_snapshot_pkey PRIMARY KEY (company_id, merge_id),
  CONSTRAINT customer_merge_snapshot_merge_fkey FOREIGN KEY (company_id, merge_id) REFERENCES customer_merge (company_id, id) ON DELETE CASCADE
);
CREATE INDEX customer_merge_snapshot_by_expiry ON customer_merge_snapshot (expired_time);
GRANT SELECT, INSERT, UPDATE, DELETE ON customer_merge_snapshot TO moego_service;
CALL protect_tenant('customer_merge_snapshot');

-- Several leads can lead to one customer: each of the merged records may have been one.
ALTER TABLE lead DROP CONSTRAINT lead_promoted_customer_key;
CREATE INDEX lead_by_promoted_customer ON lead (company_id, promoted_customer_id) WHERE promoted_customer_id IS NOT NULL;

-- A package stays with its customer, who can be merged into another one, and come back.
CREATE OR REPLACE FUNCTION refuse_new_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.customer_id = OLD.customer_id THEN RETURN NEW; END IF;
  IF EXISTS (SELECT FROM customer_merge m WHERE m.company_id = OLD.company_id
    AND (m.from_id, m.into_id) IN ((OLD.customer_id, NEW.customer_id), (NEW.customer_id, OLD.customer_id)))
  THEN
    RETURN NEW;
  END IF;
  IF NEW.customer_id NOT LIKE 'erased\_%' OR OLD.customer_id LIKE 'erased\_%'
    OR record_exists(OLD.company_id, 'customer', OLD.customer_id)
  THEN
    RAISE EXCEPTION 'a package stays with its customer' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;

-- Departures ----------------------------------------------------------------------------------------------------------

ALTER TABLE departure DROP CONSTRAINT departure_reason_check;
ALTER TABLE departure ADD CONSTRAINT departure_reason_check CHECK (reason IN ('ERASED', 'MOVED', 'MERGED')) NOT VALID;
ALTER TABLE departure VALIDATE CONSTRAINT departure_reason_check;

-- As before, for all leads of the customer.
CREATE OR REPLACE FUNCTION customer_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  departed timestamptz := departure_time(OLD.last_updated_time, NEW.last_updated_time);
BEGIN
  IF OLD.preferred_business_id IS NOT NULL THEN
    PERFORM depart(OLD.company_id, 'customer', OLD.id, OLD.preferred_business_id, '', 'MOVED', departed);
    PERFORM depart(OLD.company_id, 'lead', l.id, OLD.preferred_business_id, '', 'MOVED', departed) FROM lead l
      WHERE l.company_id = OLD.company_id AND l.promoted_customer_id = OLD.id
        AND l.preferred_business_id = OLD.preferred_business_id;
    PERFORM depart(OLD.company_id, 'pet', p.id, OLD.preferred_business_id, OLD.id, 'MOVED', departed) FROM pet p
      WHERE p.company_id = OLD.company_id AND p.customer_id = OLD.id;
    PERFORM depart(OLD.company_id, 'package', k.id, k.business_id, OLD.id, 'MOVED', departed) FROM package k
      WHERE k.company_id = OLD.company_id AND k.customer_id = OLD.id;
  END IF;
  UPDATE pet p SET last_updated_time = greatest(departed, p.last_updated_time + interval '1 millisecond')
    WHERE p.company_id = OLD.company_id AND p.customer_id = OLD.id;
  UPDATE package k SET last_updated_time = greatest(departed, k.last_updated_time + interval '1 millisecond')
    WHERE k.company_id = OLD.company_id AND k.customer_id = OLD.id;
  RETURN NULL;
END $$;

-- A promoted lead is where its customer is.
CREATE FUNCTION lead_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM depart(OLD.company_id, 'lead', OLD.id, OLD.preferred_business_id, '', 'MOVED',
    departure_time(OLD.last_updated_time, NEW.last_updated_time));
  RETURN NULL;
END $$;
CREATE TRIGGER lead_follows AFTER UPDATE OF promoted_customer_id ON lead FOR EACH ROW
  WHEN (OLD.promoted_customer_id IS NOT NULL AND OLD.promoted_customer_id IS DISTINCT FROM NEW.promoted_customer_id)
  EXECUTE FUNCTION lead_follows();

-- A customer who is merged takes nothing along. With the one who is erased go the records that were merged into it.
CREATE OR REPLACE FUNCTION customer_goes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  departed timestamptz := departure_time(OLD.last_updated_time, NULL);
BEGIN
  IF EXISTS (SELECT FROM customer_merge m
    WHERE m.company_id = OLD.company_id AND m.from_id = OLD.id AND m.undone_time IS NULL)
  THEN
    PERFORM depart(OLD.company_id, 'customer', OLD.id, OLD.preferred_business_id, '', 'MERGED', departed);
    RETURN OLD;
  END IF;
  PERFORM depart(OLD.company_id, 'customer', OLD.id, OLD.preferred_business_id, '', 'ERASED', departed);
  PERFORM depart(OLD.company_id, 'pet', p.id, OLD.preferred_business_id, OLD.id, 'ERASED',
      departure_time(p.last_updated_time, departed)) FROM pet p
    WHERE p.company_id = OLD.company_id AND p.customer_id = OLD.id;
  UPDATE departure d SET reason = 'ERASED', departed_time = greatest(d.departed_time, departed) FROM customer_merge m
    WHERE m.company_id = OLD.company_id AND m.survivor_id = OLD.id AND m.undone_time IS NULL
      AND d.company_id = OLD.company_id AND d.kind = 'customer' AND d.resource_id = m.from_id AND d.reason = 'MERGED';
  RETURN OLD;
END $$;

-- The response of a flow run with the data of a merged record goes with either.
CREATE OR REPLACE FUNCTION forget_flow_runs() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  survivor text;
BEGIN
  IF TG_TABLE_NAME = 'customer' THEN
    SELECT m.survivor_id INTO survivor FROM customer_merge m
      WHERE m.company_id = OLD.company_id AND m.from_id = OLD.id AND m.undone_time IS NULL;
  END IF;
  IF survivor IS NOT NULL THEN
    UPDATE flow_run SET people = people || ('customer/' || survivor) COLLATE "C"
      WHERE company_id = OLD.company_id AND people @> ARRAY['customer/' || OLD.id]::text[] COLLATE "C";
    RETURN NULL;
  END IF;
  UPDATE flow_run SET response = NULL, people = '{}', erased = true
    WHERE company_id = OLD.company_id AND people @> ARRAY[TG_TABLE_NAME || '/' || OLD.id]::text[] COLLATE "C";
  RETURN NULL;
END;
$$;

-- Relations -----------------------------------------------------------------------------------------------------------

-- Custom fields whose RELATION values point to another record instead, by the same members. Without a new id they go.
CREATE FUNCTION repointed(fields jsonb, kind text, old_id text, old_raw bigint, new_id text, new_raw bigint)
RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(jsonb_object_agg(f.key, CASE WHEN f.points THEN jsonb_build_object('relation', (f.value -> 'relation')
      || CASE WHEN f.value -> 'relation' ->> 'refId' <> '' THEN jsonb_build_object('refId', $5) ELSE '{}' END
      || CASE WHEN f.value -> 'relation' ->> 'id' <> '0' THEN jsonb_build_object('id', $6::text) ELSE '{}' END)
    ELSE f.value END) FILTER (WHERE $5 IS NOT NULL OR NOT f.points), '{}')
  FROM (SELECT o.key, o.value, coalesce(o.value -> 'relation' ->> 'entity' = upper($2)
      AND (o.value -> 'relation' ->> 'refId' = $3 OR o.value -> 'relation' ->> 'id' = $4::text), false) AS points
    FROM jsonb_each($1) o) f
$$;

-- The same in the snapshots of merges that can be undone.
CREATE FUNCTION repoint_snapshots(company text, kind text, old_id text, old_raw bigint, new_id text, new_raw bigint)
RETURNS void LANGUAGE sql AS $$
  UPDATE customer_merge_snapshot s SET snapshot = s.snapshot || (
    SELECT jsonb_object_agg(r.name, jsonb_set(s.snapshot -> r.name, '{custom_fields}',
      repointed(s.snapshot -> r.name -> 'custom_fields', $2, $3, $4, $5, $6)))
    FROM (VALUES ('from'), ('into'), ('after')) AS r (name))
  WHERE s.company_id = $1 AND s.snapshot @? '$.*.custom_fields.*.relation'
$$;

-- Nothing of an erased record stays in the snapshots of other people.
CREATE FUNCTION forget_in_snapshots(company text, kind text, record_id text) RETURNS void LANGUAGE sql AS $$
  UPDATE customer_merge_snapshot s SET snapshot = s.snapshot || jsonb_build_object(
    'pets', CASE WHEN $2 = 'pet' THEN (s.snapshot -> 'pets') - $3 ELSE s.snapshot -> 'pets' END,
    'relations', (SELECT coalesce(jsonb_agg(r.value), '[]') FROM jsonb_array_elements(s.snapshot -> 'relations') r
      WHERE NOT (r.value ->> 'kind' = $2 AND r.value ->> 'id' = $3)))
  WHERE s.company_id = $1 AND (s.snapshot -> 'pets' @> to_jsonb($3)
    OR s.snapshot -> 'relations' @> jsonb_build_array(jsonb_build_object('id', $3)))
$$;

-- An undo deletes the profile that a merge gave to a record without one.
GRANT DELETE ON customer_profile TO moego_service;

GRANT UPDATE (customer_id) ON customer_card TO moego_service;
