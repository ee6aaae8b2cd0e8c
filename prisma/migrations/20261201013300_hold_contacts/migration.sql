-- Makes others that look for one of these contacts wait until the transaction ends. A promotion takes these locks before the one
-- of its lead, as upserts do.
CREATE FUNCTION hold_contacts(company text, contacts text[]) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  one integer;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtext('new contacts'), hashtext(company));
  FOR one IN SELECT DISTINCT hashtext(company || '/' || c.contact) FROM unnest(contacts) AS c (contact)
    WHERE c.contact <> '' ORDER BY 1
  LOOP
    PERFORM pg_advisory_xact_lock(hashtext('new contact'), one);
  END LOOP;
  RETURN true;
END $$;

-- As before.
CREATE OR REPLACE FUNCTION refusing_duplicates(company text, numbers text[], email_key text, of_customers boolean,
  of_leads boolean, business_ids text[]) RETURNS TABLE (kind text, id text, by_phone boolean, by_email boolean)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM hold_contacts(company, numbers || email_key);
  RETURN QUERY SELECT m.kind, m.id, m.by_phone, m.by_email
    FROM refusing_matches(company, numbers, email_key, of_customers, of_leads, business_ids) m;
END $$;
