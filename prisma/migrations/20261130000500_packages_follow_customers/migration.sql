-- A customer who moves takes along the packages too, where a list names the customer: an API key of one location sees
-- only customers of its location. The packages get a new last_updated_time, which is no new version of them, so that
-- followers of the new location receive them. A list without customers shows packages by the location that sold them and
-- does not lose them.
CREATE OR REPLACE FUNCTION customer_moves() RETURNS trigger LANGUAGE plpgsql AS $$
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
    PERFORM depart(OLD.company_id, 'package', k.id, k.business_id, OLD.id, 'MOVED', departed) FROM package k
      WHERE k.company_id = OLD.company_id AND k.customer_id = OLD.id;
  END IF;
  UPDATE pet p SET last_updated_time = greatest(departed, p.last_updated_time + interval '1 millisecond')
    WHERE p.company_id = OLD.company_id AND p.customer_id = OLD.id;
  UPDATE package k SET last_updated_time = greatest(departed, k.last_updated_time + interval '1 millisecond')
    WHERE k.company_id = OLD.company_id AND k.customer_id = OLD.id;
  RETURN NULL;
END $$;
