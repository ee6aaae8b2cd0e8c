-- Records that left a view which a client follows: erased ones, and ones that moved to another location or customer. A
-- list by last_updated_time shows them as ids without data, so that a copy of the list loses what it must not keep.
-- business_id and customer_id are those that the record had; empty if it had none. The triggers below are the only
-- writers, so no write can forget it. The clean-up removes old rows.
CREATE TABLE departure (
  company_id resource_id NOT NULL,
  kind text COLLATE "C" NOT NULL,
  resource_id resource_id NOT NULL,
  business_id text COLLATE "C" NOT NULL DEFAULT '',
  customer_id text COLLATE "C" NOT NULL DEFAULT '',
  reason text COLLATE "C" NOT NULL,
  departed_time timestamptz NOT NULL,
  CONSTRAINT departure_pkey PRIMARY KEY (company_id, kind, resource_id, business_id, customer_id),
  CONSTRAINT departure_company_fkey FOREIGN KEY (company_id) REFERENCES company (id),
  CONSTRAINT departure_reason_check CHECK (reason IN ('ERASED', 'MOVED'))
);
CREATE INDEX departure_of_company ON departure (company_id, kind, departed_time, resource_id) WHERE reason <> 'MOVED';
CREATE INDEX departure_of_business ON departure (company_id, kind, business_id, departed_time, resource_id);
CREATE INDEX departure_of_customer ON departure (company_id, kind, customer_id, departed_time, resource_id) WHERE customer_id <> '';
CREATE INDEX departure_by_age ON departure (departed_time);
GRANT SELECT, INSERT, UPDATE, DELETE ON departure TO moego_service;
CALL protect_tenant('departure');

-- A record can leave the same place again: the last time counts.
CREATE FUNCTION depart(company text, kind text, resource text, business text, customer text, reason text, departed timestamptz)
RETURNS void LANGUAGE sql AS $$
  INSERT INTO departure AS d (company_id, kind, resource_id, business_id, customer_id, reason, departed_time)
  VALUES ($1, $2, $3, coalesce($4, ''), coalesce($5, ''), $6, $7)
  ON CONFLICT ON CONSTRAINT departure_pkey DO UPDATE
    SET reason = EXCLUDED.reason, departed_time = greatest(d.departed_time, EXCLUDED.departed_time)
$$;

-- The change clock of a departure. The transaction has called begin_change(), so no list has passed the present yet.
CREATE FUNCTION departure_time(before timestamptz, after timestamptz) RETURNS timestamptz LANGUAGE sql AS $$
  SELECT CASE WHEN $2 > $1 THEN $2
    ELSE greatest(date_trunc('milliseconds', clock_timestamp()), $1 + interval '1 millisecond') END
$$;

-- A customer who moves takes along the pets, and the lead that was promoted to the customer. The pets appear at the new
-- location by a new last_updated_time, which is no new version of them.
CREATE FUNCTION customer_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  departed timestamptz := departure_time(OLD.last_updated_time, NEW.last_updated_time);
BEGIN
  IF OLD.preferred_business_id IS NOT NULL THEN
    PERFORM depart(OLD.company_id, 'customer', OLD.id, OLD.preferred_business_id, '', 'MOVED', departed);
    PERFORM depart(OLD.company_id, 'lead', l.id, OLD.preferred_business_id, '', 'MOVED', departed) FROM lead l
      WHERE l.company_id = OLD.company_id AND l.id = OLD.source_lead_id
        AND l.preferred_business_id = OLD.preferred_business_id;
    PERFORM depart(OLD.company_id, 'pet', p.id, OLD.preferred_business_id, OLD.id, 'MOVED', departed) FROM pet p
      WHERE p.company_id = OLD.company_id AND p.customer_id = OLD.id;
  END IF;
  UPDATE pet p SET last_updated_time = greatest(departed, p.last_updated_time + interval '1 millisecond')
    WHERE p.company_id = OLD.company_id AND p.customer_id = OLD.id;
  RETURN NULL;
END $$;
CREATE TRIGGER customer_moves AFTER UPDATE OF preferred_business_id ON customer
  FOR EACH ROW WHEN (OLD.preferred_business_id IS DISTINCT FROM NEW.preferred_business_id)
  EXECUTE FUNCTION customer_moves();

-- Before the row is gone, since its pets go with it.
CREATE FUNCTION customer_goes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  departed timestamptz := departure_time(OLD.last_updated_time, NULL);
BEGIN
  PERFORM depart(OLD.company_id, 'customer', OLD.id, OLD.preferred_business_id, '', 'ERASED', departed);
  PERFORM depart(OLD.company_id, 'pet', p.id, OLD.preferred_business_id, OLD.id, 'ERASED',
      departure_time(p.last_updated_time, departed)) FROM pet p
    WHERE p.company_id = OLD.company_id AND p.customer_id = OLD.id;
  RETURN OLD;
END $$;
CREATE TRIGGER customer_goes BEFORE DELETE ON customer FOR EACH ROW EXECUTE FUNCTION customer_goes();

CREATE FUNCTION lead_leaves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    PERFORM depart(OLD.company_id, 'lead', OLD.id, OLD.preferred_business_id, '', 'ERASED',
      departure_time(OLD.last_updated_time, NULL));
  ELSE
    PERFORM depart(OLD.company_id, 'lead', OLD.id, OLD.preferred_business_id, '', 'MOVED',
      departure_time(OLD.last_updated_time, NEW.last_updated_time));
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER lead_moves AFTER UPDATE OF preferred_business_id ON lead FOR EACH ROW
  WHEN (OLD.preferred_business_id IS NOT NULL AND OLD.preferred_business_id IS DISTINCT FROM NEW.preferred_business_id)
  EXECUTE FUNCTION lead_leaves();
CREATE TRIGGER lead_goes AFTER DELETE ON lead FOR EACH ROW EXECUTE FUNCTION lead_leaves();

-- Pets of leads are part of their leads. A pet that goes with its customer is in customer_goes().
CREATE FUNCTION pet_leaves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  reason text := CASE TG_OP WHEN 'DELETE' THEN 'ERASED' ELSE 'MOVED' END;
  departed timestamptz := departure_time(OLD.last_updated_time, CASE TG_OP WHEN 'UPDATE' THEN NEW.last_updated_time END);
BEGIN
  PERFORM depart(OLD.company_id, 'pet', OLD.id, c.preferred_business_id, c.id, reason, departed) FROM customer c
    WHERE c.company_id = OLD.company_id AND c.id = OLD.customer_id;
  RETURN NULL;
END $$;
CREATE TRIGGER pet_moves AFTER UPDATE OF customer_id ON pet FOR EACH ROW
  WHEN (OLD.customer_id IS NOT NULL AND OLD.customer_id IS DISTINCT FROM NEW.customer_id) EXECUTE FUNCTION pet_leaves();
CREATE TRIGGER pet_goes AFTER DELETE ON pet FOR EACH ROW WHEN (OLD.customer_id IS NOT NULL)
  EXECUTE FUNCTION pet_leaves();

-- Packages are never deleted. They leave a customer who is erased or gives them to another one.
CREATE FUNCTION package_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM depart(OLD.company_id, 'package', OLD.id, OLD.business_id, OLD.customer_id, 'MOVED',
    departure_time(OLD.last_updated_time, NEW.last_updated_time));
  RETURN NULL;
END $$;
CREATE TRIGGER package_moves AFTER UPDATE OF customer_id, business_id ON package FOR EACH ROW
  WHEN (OLD.customer_id <> NEW.customer_id OR OLD.business_id <> NEW.business_id) EXECUTE FUNCTION package_moves();

-- A followed list of leads has those that were promoted, too.
DROP INDEX lead_by_updated;
CREATE INDEX lead_by_updated ON lead (company_id, last_updated_time, id);
