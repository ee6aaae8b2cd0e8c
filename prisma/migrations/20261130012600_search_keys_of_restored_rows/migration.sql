-- As before the last migration, a new record takes the place of search keys that are there already. A dump that is restored
-- table by table, data alone, can have the keys before their records.
CREATE OR REPLACE FUNCTION index_customer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  folded text := NEW.first_name || ' ' || NEW.last_name;
  nick text;
BEGIN
  folded := CASE WHEN octet_length(folded) = length(folded) THEN lower(folded COLLATE "C") ELSE fold_name(folded) END;
  IF TG_OP = 'INSERT' THEN
    INSERT INTO customer_search AS s (company_id, customer_id, sort_name, keys)
    VALUES (NEW.company_id, NEW.id, left(trim(folded), 200), folded_name_keys(NEW.company_id, folded) ||
      CASE WHEN NEW.custom_fields = '{}' THEN '{}' ELSE field_keys(NEW.company_id, NEW.custom_fields) END)
    ON CONFLICT ON CONSTRAINT customer_search_pkey DO UPDATE SET sort_name = EXCLUDED.sort_name, keys = EXCLUDED.keys;
    RETURN NULL;
  END IF;
  SELECT p.nickname INTO nick FROM customer_profile p WHERE p.company_id = NEW.company_id AND p.customer_id = NEW.id;
  INSERT INTO customer_search AS s (company_id, customer_id, sort_name, keys)
  VALUES (NEW.company_id, NEW.id, left(trim(folded), 200),
    folded_name_keys(NEW.company_id, concat_ws(' ', folded, fold_name(nick))) ||
      field_keys(NEW.company_id, NEW.custom_fields))
  ON CONFLICT ON CONSTRAINT customer_search_pkey DO UPDATE SET sort_name = EXCLUDED.sort_name, keys = EXCLUDED.keys;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION index_lead() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  folded text := NEW.first_name || ' ' || NEW.last_name;
BEGIN
  folded := CASE WHEN octet_length(folded) = length(folded) THEN lower(folded COLLATE "C") ELSE fold_name(folded) END;
  IF TG_OP = 'INSERT' THEN
    INSERT INTO lead_search AS s (company_id, lead_id, sort_name, keys)
    VALUES (NEW.company_id, NEW.id, left(trim(folded), 200), folded_name_keys(NEW.company_id, folded) ||
      CASE WHEN NEW.custom_fields = '{}' THEN '{}' ELSE field_keys(NEW.company_id, NEW.custom_fields) END)
    ON CONFLICT ON CONSTRAINT lead_search_pkey DO UPDATE SET sort_name = EXCLUDED.sort_name, keys = EXCLUDED.keys;
    RETURN NULL;
  END IF;
  INSERT INTO lead_search AS s (company_id, lead_id, sort_name, keys)
  VALUES (NEW.company_id, NEW.id, left(trim(folded), 200),
    folded_name_keys(NEW.company_id, folded) || field_keys(NEW.company_id, NEW.custom_fields))
  ON CONFLICT ON CONSTRAINT lead_search_pkey DO UPDATE SET sort_name = EXCLUDED.sort_name, keys = EXCLUDED.keys;
  RETURN NULL;
END $$;
