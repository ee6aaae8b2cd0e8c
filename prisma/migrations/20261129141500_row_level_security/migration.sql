-- A second line behind the company in every statement: no row of another company is written, whatever a statement says.
-- The setting moego.companies holds the companies of the request for one transaction; * means all. Sessions of the
-- server start with an empty one, which permits nothing. The previous build does not know the setting, so a session
-- without it may write as before; the next release ends that.
--
-- Reading is not restricted: see docs/decisions/12-row-level-security.md. The owner of the tables is exempt.

CREATE FUNCTION may_write(company text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT coalesce(current_setting('moego.companies', true) = '*'
    OR $1 = ANY (string_to_array(current_setting('moego.companies', true), ',')), true)
$$;

-- The policies of a table. A migration that creates one with a company calls this; `company` is the company of a row.
-- An UPDATE is checked by the row that it stores, since no row changes its company: its plan stays the same.
CREATE PROCEDURE protect_tenant(tenant text, company text DEFAULT 'company_id') LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant);
  EXECUTE format('CREATE POLICY company_select ON %I FOR SELECT USING (true)', tenant);
  EXECUTE format('CREATE POLICY company_insert ON %I FOR INSERT WITH CHECK (may_write(%s))', tenant, company);
  EXECUTE format('CREATE POLICY company_update ON %I FOR UPDATE USING (true) WITH CHECK (may_write(%s))', tenant, company);
  EXECUTE format('CREATE POLICY company_delete ON %I FOR DELETE USING (may_write(%s))', tenant, company);
END $$;

-- All tables at once, while the previous build serves requests. A request that holds one of them and waits for another
-- would end in a deadlock with this transaction, so each attempt waits for less than PostgreSQL takes to see one, gives
-- back what it has, and lets requests pass before the next one.
DO $$
DECLARE
  attempts integer := 0;
BEGIN
  LOOP
    BEGIN
      SET LOCAL lock_timeout = '200ms';
      LOCK TABLE company, business, staff, company_customer_count, tag, referral_source, custom_field, life_cycle,
        action_status, pet_code, pet_size, pet_type, pet_coat_type, vip_level, service, external_api,
        external_api_secret, ivr_flow, lead, customer, customer_address, customer_tag, customer_note, customer_phone,
        lead_phone, customer_profile, customer_account, card_link, pet, pet_vaccination, pet_note, pet_pet_code,
        package, package_service, package_service_item, package_ledger, flow_run, idempotency, consent_event, change,
        api_key_organization
        IN ACCESS EXCLUSIVE MODE;
      EXIT;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      attempts := attempts + 1;
      IF attempts = 100 THEN RAISE; END IF;
      PERFORM pg_sleep(0.02 + random() * 0.1);
    END;
  END LOOP;
END $$;

CALL protect_tenant('company', 'id');
DO $$
DECLARE
  tenant text;
BEGIN
  FOREACH tenant IN ARRAY ARRAY['business', 'staff', 'company_customer_count', 'tag', 'referral_source', 'custom_field',
    'life_cycle', 'action_status', 'pet_code', 'pet_size', 'pet_type', 'pet_coat_type', 'vip_level', 'service',
    'external_api', 'external_api_secret', 'ivr_flow', 'lead', 'customer', 'customer_address', 'customer_tag',
    'customer_note', 'customer_phone', 'lead_phone', 'customer_profile', 'customer_account', 'card_link', 'pet',
    'pet_vaccination', 'pet_note', 'pet_pet_code', 'package', 'package_service', 'package_service_item',
    'package_ledger', 'flow_run', 'idempotency', 'consent_event', 'change']
  LOOP
    CALL protect_tenant(tenant);
  END LOOP;
END $$;

-- A record is of the key that made it. Whoever uses the key may remove an expired one, which can be of another company.
-- API keys have no company, and neither have the records of their creation.
ALTER POLICY company_delete ON idempotency USING (may_write(company_id) OR expired_time <= statement_timestamp());

-- What a key has access to: a location, a company or an enterprise.
CALL protect_tenant('api_key_organization',
  $$CASE type WHEN 1 THEN company_id WHEN 2 THEN organization_id ELSE 'enterprise:' || organization_id END$$);

-- The function runs as the owner, whom the policies exempt, so it checks the company by itself.
CREATE OR REPLACE FUNCTION forget_subject(company text, subject_kind text, subject_id text, pseudonym text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT may_write($1) THEN
    RAISE EXCEPTION 'another company' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF record_exists($1, $2, $3) OR $4 NOT LIKE 'erased\_%' THEN
    RAISE EXCEPTION 'only what is gone is forgotten' USING ERRCODE = 'restrict_violation';
  END IF;
  UPDATE consent_event e SET subject_id = $4, ip = ''
    WHERE e.company_id = $1 AND e.subject_kind = $2 AND e.subject_id = $3;
  UPDATE change c SET resource_id = $4 WHERE c.company_id = $1 AND c.kind = $2 AND c.resource_id = $3;
  IF $2 = 'customer' THEN
    UPDATE package p SET customer_id = $4, name = '', description = '' WHERE p.company_id = $1 AND p.customer_id = $3;
    UPDATE package_ledger e SET note = '', appointment_id = erased_reference(e.appointment_id),
        order_id = erased_reference(e.order_id)
      WHERE (e.company_id, e.package_id) IN (SELECT p.company_id, p.id FROM package p
        WHERE p.company_id = $1 AND p.customer_id = $4) AND e.note || e.appointment_id || e.order_id <> '';
  END IF;
END $$;

-- Rows of these tables are archived or revoked, never deleted: neither this build nor the previous one does it.
REVOKE DELETE ON
  company, business, staff, api_key, api_key_organization, tag, referral_source, custom_field, life_cycle, action_status,
  pet_code, pet_size, pet_type, pet_coat_type, vip_level, service, package, package_service, package_service_item,
  customer_profile
  FROM moego_service;
