/**
 * What LookupCaller returns beside the customer, for each customer of `$1`: consent, one or two pets, and a package of ten
 * units, one of them redeemed. Every fourth customer has an emergency contact. A tenth as many leads have numbers that no
 * customer has.
 */
export const callerRecordInserts: readonly string[] = [
  `INSERT INTO consent_event (company_id, subject_kind, subject_id, occurred_time, rpc, key_id, ip, request_id, after)
   SELECT company_id, 'customer', id, created_time, 'Bench', 'key_bench', '127.0.0.1', 'bench', '{
     "serviceRelatedChannels": ["SMS", "EMAIL"], "marketingCampaignsChannels": [], "brandedAppEnabled": false,
     "isAgreedMarketingPolicy": false, "isConsented": false}' FROM customer WHERE company_id = $1`,
  `INSERT INTO pet (company_id, id, customer_id, name, type, breed, created_time, last_updated_time)
   SELECT company_id, 'pet_' || pets || raw_id, id, 'Pet ' || pets, 2, 'Beagle', created_time, created_time
   FROM customer, LATERAL generate_series(1, 1 + (raw_id % 2)::int) pets WHERE company_id = $1`,
  `INSERT INTO package (company_id, id, customer_id, business_id, name, purchase_time, created_time, last_updated_time)
   SELECT company_id, 'pkg_' || raw_id, id, preferred_business_id, 'Ten baths', created_time, created_time, created_time
   FROM customer WHERE company_id = $1`,
  `INSERT INTO package_service (company_id, id, package_id, position, total_quantity)
   SELECT company_id, 'ps_' || id, id, 0, 10 FROM package WHERE company_id = $1`,
  `INSERT INTO package_service_item (company_id, package_service_id, position, service_id, name)
   SELECT company_id, id, 0, 'srv_bench', 'Bath' FROM package_service WHERE company_id = $1`,
  `INSERT INTO package_ledger (company_id, id, package_id, package_service_id, kind, quantity, occurred_time, rpc, key_id,
     request_id)
   SELECT company_id, 'led_' || kind || id, id, 'ps_' || id, kind, quantity, created_time, 'Bench', 'key_bench', 'bench'
   FROM package, (VALUES ('SALE', 10), ('REDEMPTION', -1)) AS entry (kind, quantity) WHERE company_id = $1`,
  `INSERT INTO customer_phone (company_id, customer_id, position, number, belongs_to, person_name)
   SELECT company_id, id, 1, '+1646' || substr(phone, 6), 2, 'Contact' FROM customer
   WHERE company_id = $1 AND raw_id % 4 = 0`,
  `INSERT INTO lead (company_id, id, preferred_business_id, first_name, phone, service_related_channels,
     marketing_campaigns_channels, branded_app_enabled, is_agreed_marketing_policy, is_consented, created_time,
     last_updated_time)
   SELECT company_id, 'lcus_' || raw_id, preferred_business_id, first_name, '+1917' || substr(phone, 6), '{1,2}', '{}',
     false, false, false, created_time, created_time
   FROM customer WHERE company_id = $1 AND raw_id % 10 = 0`,
  `INSERT INTO lead_phone (company_id, lead_id, position, number, belongs_to)
   SELECT company_id, id, 1, '+1518' || substr(phone, 6), 1 FROM lead WHERE company_id = $1`,
];
