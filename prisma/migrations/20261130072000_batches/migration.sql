-- The records that are a reason to refuse a new one, as refusing_duplicates finds them, without its locks: a batch has more
-- numbers than a transaction may hold locks.
CREATE FUNCTION refusing_matches(company text, numbers text[], email_key text, of_customers boolean, of_leads boolean,
  business_ids text[]) RETURNS TABLE (kind text, id text, by_phone boolean, by_email boolean)
LANGUAGE plpgsql AS $$
BEGIN
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
      WHERE of_customers AND c.company_id = company AND c.email_key = refusing_matches.email_key AND c.email_key <> '' AND c.archived_time IS NULL
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
      WHERE of_leads AND l.company_id = company AND l.email_key = refusing_matches.email_key AND l.email_key <> '' AND l.archived_time IS NULL
        AND l.promoted_customer_id IS NULL AND (business_ids IS NULL OR l.preferred_business_id = ANY (business_ids))
      ORDER BY l.created_time DESC, l.id DESC LIMIT 10)) m
  GROUP BY m.kind, m.id, m.created_time
  ORDER BY m.kind, bool_or(m.by_phone) AND bool_or(m.by_email) DESC, m.created_time DESC, m.id DESC LIMIT 10;
END $$;

-- As before. A batch takes the first lock alone, and exclusively: it waits for creates that look for duplicates, and they
-- wait for it.
CREATE OR REPLACE FUNCTION refusing_duplicates(company text, numbers text[], email_key text, of_customers boolean,
  of_leads boolean, business_ids text[]) RETURNS TABLE (kind text, id text, by_phone boolean, by_email boolean)
LANGUAGE plpgsql AS $$
DECLARE
  one integer;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtext('new contacts'), hashtext(company));
  FOR one IN SELECT DISTINCT hashtext(company || '/' || c.contact) FROM unnest(numbers || email_key) AS c (contact)
    WHERE c.contact <> '' ORDER BY 1
  LOOP
    PERFORM pg_advisory_xact_lock(hashtext('new contact'), one);
  END LOOP;
  RETURN QUERY SELECT m.kind, m.id, m.by_phone, m.by_email
    FROM refusing_matches(company, numbers, email_key, of_customers, of_leads, business_ids) m;
END $$;

-- A table that grows by thousands of rows before its first statistics has foreign keys whose checks read it by any index of
-- the company, and no plan is made again until there are some: each row of an import then takes longer than the one before.
-- Autovacuum sees a table once a minute. The function runs as the owner, who alone may collect statistics.
CREATE FUNCTION refresh_statistics() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  grown regclass;
BEGIN
  FOR grown IN SELECT c.oid FROM pg_class c
    WHERE c.oid IN ('customer'::regclass, 'customer_phone'::regclass, 'customer_address'::regclass,
      'customer_note'::regclass, 'customer_tag'::regclass, 'lead'::regclass, 'pet'::regclass, 'pet_note'::regclass,
      'package'::regclass)
      AND pg_relation_size(c.oid) > 2 * 8192 * greatest(c.relpages, 4)
  LOOP
    EXECUTE format('ANALYZE (SKIP_LOCKED) %s', grown);
  END LOOP;
END $$;
