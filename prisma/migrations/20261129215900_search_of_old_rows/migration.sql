-- The search keys of the records that are older than the triggers of the previous migration. A separate migration: the
-- triggers lock their tables, so requests would wait until all keys are written. Now only a change of the name or the
-- custom fields of such a record waits.
INSERT INTO customer_search (company_id, customer_id, sort_name, keys)
SELECT c.company_id, c.id, sort_name(c.first_name, c.last_name),
  name_keys(c.company_id, concat_ws(' ', c.first_name, c.last_name, p.nickname)) || field_keys(c.company_id, c.custom_fields)
FROM customer c LEFT JOIN customer_profile p ON p.company_id = c.company_id AND p.customer_id = c.id
ON CONFLICT DO NOTHING;
INSERT INTO lead_search (company_id, lead_id, sort_name, keys)
SELECT l.company_id, l.id, sort_name(l.first_name, l.last_name),
  name_keys(l.company_id, concat_ws(' ', l.first_name, l.last_name)) || field_keys(l.company_id, l.custom_fields)
FROM lead l ON CONFLICT DO NOTHING;
