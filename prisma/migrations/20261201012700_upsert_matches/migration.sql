-- The records that an upsert finds by a contact. Like refusing_matches, but a record with another id in the system of the asked
-- one does not count before the newest ten are taken: behind ten such records the right one was not found.
CREATE FUNCTION upsert_matches(company text, numbers text[], asked_email text, of_leads boolean, business_ids text[],
  asked_system text, asked_id text) RETURNS TABLE (id text)
LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY SELECT m.id FROM (
    SELECT d.id, d.created_time FROM unnest(numbers) AS n (number), LATERAL (
        SELECT c.id::text, c.created_time FROM customer c
        WHERE NOT of_leads AND c.company_id = company AND c.phone = n.number AND c.phone <> '' AND c.archived_time IS NULL
          AND (business_ids IS NULL OR c.preferred_business_id = ANY (business_ids))
          AND NOT EXISTS (SELECT 1 FROM customer_external_id x WHERE x.company_id = company AND x.customer_id = c.id
            AND x.system = asked_system AND x.external_id <> asked_id)
        ORDER BY c.created_time DESC, c.id DESC LIMIT 10) d
    UNION ALL SELECT d.id, d.created_time FROM unnest(numbers) AS n (number), LATERAL (
        SELECT c.id::text, c.created_time FROM customer_phone p JOIN customer c ON c.company_id = company AND c.id = p.customer_id
        WHERE NOT of_leads AND p.company_id = company AND p.number = n.number AND p.position > 0 AND c.archived_time IS NULL
          AND (business_ids IS NULL OR c.preferred_business_id = ANY (business_ids))
          AND NOT EXISTS (SELECT 1 FROM customer_external_id x WHERE x.company_id = company AND x.customer_id = c.id
            AND x.system = asked_system AND x.external_id <> asked_id)
        ORDER BY c.created_time DESC, c.id DESC LIMIT 10) d
    UNION ALL (SELECT c.id::text, c.created_time FROM customer c
      WHERE NOT of_leads AND c.company_id = company AND c.email_key = asked_email AND c.email_key <> '' AND c.archived_time IS NULL
        AND (business_ids IS NULL OR c.preferred_business_id = ANY (business_ids))
        AND NOT EXISTS (SELECT 1 FROM customer_external_id x WHERE x.company_id = company AND x.customer_id = c.id
            AND x.system = asked_system AND x.external_id <> asked_id)
      ORDER BY c.created_time DESC, c.id DESC LIMIT 10)
    UNION ALL SELECT d.id, d.created_time FROM unnest(numbers) AS n (number), LATERAL (
        SELECT l.id::text, l.created_time FROM lead l
        WHERE of_leads AND l.company_id = company AND l.phone = n.number AND l.phone <> '' AND l.archived_time IS NULL
          AND l.promoted_customer_id IS NULL
          AND (business_ids IS NULL OR l.preferred_business_id = ANY (business_ids))
          AND NOT EXISTS (SELECT 1 FROM lead_external_id x WHERE x.company_id = company AND x.lead_id = l.id
            AND x.system = asked_system AND x.external_id <> asked_id)
        ORDER BY l.created_time DESC, l.id DESC LIMIT 10) d
    UNION ALL SELECT d.id, d.created_time FROM unnest(numbers) AS n (number), LATERAL (
        SELECT l.id::text, l.created_time FROM lead_phone p JOIN lead l ON l.company_id = company AND l.id = p.lead_id
        WHERE of_leads AND p.company_id = company AND p.number = n.number AND p.position > 0 AND l.archived_time IS NULL AND l.promoted_customer_id IS NULL
          AND (business_ids IS NULL OR l.preferred_business_id = ANY (business_ids))
          AND NOT EXISTS (SELECT 1 FROM lead_external_id x WHERE x.company_id = company AND x.lead_id = l.id
            AND x.system = asked_system AND x.external_id <> asked_id)
        ORDER BY l.created_time DESC, l.id DESC LIMIT 10) d
    UNION ALL (SELECT l.id::text, l.created_time FROM lead l
      WHERE of_leads AND l.company_id = company AND l.email_key = asked_email AND l.email_key <> '' AND l.archived_time IS NULL AND l.promoted_customer_id IS NULL
        AND (business_ids IS NULL OR l.preferred_business_id = ANY (business_ids))
        AND NOT EXISTS (SELECT 1 FROM lead_external_id x WHERE x.company_id = company AND x.lead_id = l.id
            AND x.system = asked_system AND x.external_id <> asked_id)
      ORDER BY l.created_time DESC, l.id DESC LIMIT 10)) m
  GROUP BY m.id, m.created_time ORDER BY m.created_time DESC, m.id DESC LIMIT 10;
END $$;
