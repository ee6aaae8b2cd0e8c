-- What happens to new customers and leads that may be stored already. 1: allow, 2: warn, 3: refuse.
ALTER TABLE company ADD COLUMN duplicate_policy smallint NOT NULL DEFAULT 2;

-- The records that are a reason to refuse a new one with these numbers and this email address: the best match first.
-- numbers are all forms of all its numbers. business_ids are the locations of the API key, NULL for all.
--
-- The locks last until the new record is stored, so one of two concurrent creates waits here. It then finds the other
-- record, because each statement of a volatile function has a snapshot of its own. The order of the locks prevents
-- deadlocks.
CREATE FUNCTION refusing_duplicates(company text, numbers text[], email_key text, of_customers boolean, of_leads boolean,
  business_ids text[]) RETURNS TABLE (kind text, id text, by_phone boolean, by_email boolean)
LANGUAGE plpgsql AS $$
DECLARE
  one integer;
BEGIN
  FOR one IN SELECT DISTINCT hashtext(company || '/' || c.contact) FROM unnest(numbers || email_key) AS c (contact)
    WHERE c.contact <> '' ORDER BY 1
  LOOP
    PERFORM pg_advisory_xact_lock(hashtext('new contact'), one);
  END LOOP;
  RETURN QUERY SELECT m.kind, m.id, bool_or(m.by_phone), bool_or(m.by_email) FROM (
    SELECT 'CUSTOMER' AS kind, d.id::text, d.created_time, true AS by_phone, false AS by_email
      FROM unnest(numbers) AS n (number), LATERAL (
        SELECT c.id, c.created_time FROM customer c
        WHERE of_customers AND c.company_id = company AND c.phone = n.number AND c.phone <> '' AND c.archived_time IS NULL
          AND (business_ids IS NULL OR c.preferred_business_id = ANY (business_ids))
        ORDER BY c.created_time DESC, c.id DESC LIMIT 10) d
    UNION ALL SELECT 'CUSTOMER', d.id, d.created_time, true, false
      FROM unnest(numbers) AS n (number), LATERAL (
        SELECT c.id, c.created_time FROM customer_phone p JOIN customer c ON c.company_id = company AND c.id = p.customer_id
        WHERE of_customers AND p.company_id = company AND p.number = n.number AND p.position > 0 AND c.archived_time IS NULL
          AND (business_ids IS NULL OR c.preferred_business_id = ANY (business_ids))
        ORDER BY c.created_time DESC, c.id DESC LIMIT 10) d
    UNION ALL (SELECT 'CUSTOMER', c.id, c.created_time, false, true FROM customer c
      WHERE of_customers AND c.company_id = company AND c.email_key = refusing_duplicates.email_key AND c.email_key <> '' AND c.archived_time IS NULL
        AND (business_ids IS NULL OR c.preferred_business_id = ANY (business_ids))
      ORDER BY c.created_time DESC, c.id DESC LIMIT 10)
    UNION ALL SELECT 'LEAD', d.id, d.created_time, true, false
      FROM unnest(numbers) AS n (number), LATERAL (
        SELECT l.id, l.created_time FROM lead l
        WHERE of_leads AND l.company_id = company AND l.phone = n.number AND l.phone <> '' AND l.archived_time IS NULL
          AND l.promoted_customer_id IS NULL AND (business_ids IS NULL OR l.preferred_business_id = ANY (business_ids))
        ORDER BY l.created_time DESC, l.id DESC LIMIT 10) d
    UNION ALL SELECT 'LEAD', d.id, d.created_time, true, false
      FROM unnest(numbers) AS n (number), LATERAL (
        SELECT l.id, l.created_time FROM lead_phone p JOIN lead l ON l.company_id = company AND l.id = p.lead_id
        WHERE of_leads AND p.company_id = company AND p.number = n.number AND p.position > 0 AND l.archived_time IS NULL
          AND l.promoted_customer_id IS NULL AND (business_ids IS NULL OR l.preferred_business_id = ANY (business_ids))
        ORDER BY l.created_time DESC, l.id DESC LIMIT 10) d
    UNION ALL (SELECT 'LEAD', l.id, l.created_time, false, true FROM lead l
      WHERE of_leads AND l.company_id = company AND l.email_key = refusing_duplicates.email_key AND l.email_key <> '' AND l.archived_time IS NULL
        AND l.promoted_customer_id IS NULL AND (business_ids IS NULL OR l.preferred_business_id = ANY (business_ids))
      ORDER BY l.created_time DESC, l.id DESC LIMIT 10)) m
  GROUP BY m.kind, m.id, m.created_time
  ORDER BY m.kind, bool_or(m.by_phone) AND bool_or(m.by_email) DESC, m.created_time DESC, m.id DESC LIMIT 10;
END $$;
