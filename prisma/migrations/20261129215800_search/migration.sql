-- What lists of customers and leads find them by: the beginnings of names, names with a typo, and values of custom fields.
--
-- No extension: pg_trgm would also need btree_gin to begin with the company, and CREATE EXTENSION needs rights on the
-- database that an owner of a schema can lack. Each key is a hash that contains the company, so a plain GIN index of
-- numbers finds the records of one company. Own tables, so that an update of anything else does not write the keys again.

-- In PL/pgSQL, whose plans are kept for a session. Functions in SQL took ten times as long.

-- Lower case without accents, whatever the locale of the database.
CREATE FUNCTION fold_name(name text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF octet_length(name) = length(name) THEN RETURN lower(name COLLATE "C"); END IF;
  RETURN replace(replace(replace(translate(
    lower(regexp_replace(normalize(left(name, 600), NFKD), '[\u0300-\u036f]', '', 'g') COLLATE "C"),
    'ØŁĐÐĦÆŒÞøłđðħıþАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩς',
    'oldðhæœþoldðhiþабвгдежзиклмнопрстуфхцчшщъыьэюяαβγδεζηθικλμνξοπρστυφχψωσ'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe');
END $$;

CREATE FUNCTION sort_name(first_name text, last_name text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN left(trim(fold_name(first_name || ' ' || last_name)), 200);
END $$;

-- Punctuation within a name joins its parts, and also separates them: O'Brien is found as obrien and as brien. Words
-- count as far as their first 12 letters, of which the beginnings are keys, and the word without one of its letters, by
-- another seed. Words with such a key in common differ by about one typo.
CREATE FUNCTION name_keys(company text, name text) RETURNS bigint[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  folded text := translate(fold_name(name), E',;/()\t\n', '       ');
  joined text := translate(folded, E'\'’ʼ`.-‐–_"', '');
  seed bigint := hashtextextended(company, 0);
  keys bigint[] := '{}';
  word text;
  size integer;
BEGIN
  IF joined <> folded THEN joined := joined || ' ' || translate(folded, E'\'’ʼ`.-‐–_"', '          '); END IF;
  FOREACH word IN ARRAY string_to_array(joined, ' ') LOOP
    word := left(word, 12);
    size := length(word);
    FOR n IN 1..size LOOP
      keys := keys || hashtextextended(left(word, n), seed);
      IF size > 3 THEN keys := keys || hashtextextended(left(word, n - 1) || substr(word, n + 1), seed # 1); END IF;
    END LOOP;
    IF size > 2 THEN keys := keys || hashtextextended(word, seed # 1); END IF;
    EXIT WHEN cardinality(keys) > 500;
  END LOOP;
  RETURN keys;
END $$;

-- A record matches a word that is searched for if it has one of these keys.
CREATE FUNCTION searched_name_keys(company text, word text, with_typos boolean) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  folded text := left(translate(fold_name(word), E'\'’ʼ`.-‐–_"', ''), 12);
  size integer := length(folded);
  seed bigint := hashtextextended(company, 0);
  keys bigint[] := CASE WHEN size > 0 THEN ARRAY[hashtextextended(folded, seed)] ELSE '{}' END;
BEGIN
  IF with_typos AND size > 2 THEN
    keys := keys || hashtextextended(folded, seed # 1);
    FOR n IN 1..CASE WHEN size > 3 THEN size ELSE 0 END LOOP
      keys := keys || hashtextextended(left(folded, n - 1) || substr(folded, n + 1), seed # 1);
    END LOOP;
  END IF;
  RETURN keys;
END $$;

CREATE FUNCTION field_key(company text, code text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT hashtextextended($2, hashtextextended($1, 0) # 2)
$$;

-- Case is ignored.
CREATE FUNCTION field_value_key(company text, code text, value jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT hashtextextended($2 || '/' || lower($3::text), hashtextextended($1, 0) # 3)
$$;

-- One key for each field that has a value, and one for the value, or for each of several options.
CREATE FUNCTION field_keys(company text, fields jsonb) RETURNS bigint[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  keys bigint[] := '{}';
  code text;
  value jsonb;
  option text;
BEGIN
  IF fields = '{}' THEN RETURN keys; END IF;
  FOR code, value IN SELECT f.key, f.value FROM jsonb_each(fields) f LOOP
    keys := keys || field_key(company, code);
    IF value ? 'stringList' THEN
      FOR option IN SELECT jsonb_array_elements_text(value -> 'stringList' -> 'values') LOOP
        keys := keys || field_value_key(company, code, jsonb_build_object('string', option));
      END LOOP;
    ELSE
      keys := keys || field_value_key(company, code, value);
    END IF;
  END LOOP;
  RETURN keys;
END $$;

CREATE TABLE customer_search (
  company_id resource_id NOT NULL,
  customer_id resource_id NOT NULL,
  sort_name text COLLATE "C" NOT NULL,
  keys bigint[] NOT NULL,
  CONSTRAINT customer_search_pkey PRIMARY KEY (company_id, customer_id)
);
CREATE INDEX customer_search_by_name ON customer_search (company_id, sort_name, customer_id);
CREATE INDEX customer_search_by_key ON customer_search USING gin (keys) WITH (gin_pending_list_limit = 256);

CREATE TABLE lead_search (
  company_id resource_id NOT NULL,
  lead_id resource_id NOT NULL,
  sort_name text COLLATE "C" NOT NULL,
  keys bigint[] NOT NULL,
  CONSTRAINT lead_search_pkey PRIMARY KEY (company_id, lead_id)
);
CREATE INDEX lead_search_by_name ON lead_search (company_id, sort_name, lead_id);
CREATE INDEX lead_search_by_key ON lead_search USING gin (keys) WITH (gin_pending_list_limit = 256);

GRANT SELECT, INSERT, UPDATE, DELETE ON customer_search, lead_search TO moego_service;
CALL protect_tenant('customer_search');
CALL protect_tenant('lead_search');

CREATE FUNCTION index_customer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  nick text := '';
BEGIN
  IF TG_OP = 'UPDATE' THEN
    SELECT p.nickname INTO nick FROM customer_profile p WHERE p.company_id = NEW.company_id AND p.customer_id = NEW.id;
  END IF;
  INSERT INTO customer_search AS s (company_id, customer_id, sort_name, keys)
  VALUES (NEW.company_id, NEW.id, sort_name(NEW.first_name, NEW.last_name),
    name_keys(NEW.company_id, concat_ws(' ', NEW.first_name, NEW.last_name, nick)) ||
      field_keys(NEW.company_id, NEW.custom_fields))
  ON CONFLICT ON CONSTRAINT customer_search_pkey DO UPDATE SET sort_name = EXCLUDED.sort_name, keys = EXCLUDED.keys;
  RETURN NULL;
END $$;
CREATE TRIGGER customer_is_created AFTER INSERT ON customer FOR EACH ROW EXECUTE FUNCTION index_customer();
CREATE TRIGGER customer_is_renamed AFTER UPDATE OF first_name, last_name, custom_fields ON customer FOR EACH ROW
  WHEN (OLD.first_name <> NEW.first_name OR OLD.last_name <> NEW.last_name OR OLD.custom_fields <> NEW.custom_fields)
  EXECUTE FUNCTION index_customer();

CREATE FUNCTION index_nickname() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  profile customer_profile := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
BEGIN
  UPDATE customer_search s SET keys = name_keys(c.company_id, concat_ws(' ', c.first_name, c.last_name,
      CASE TG_OP WHEN 'DELETE' THEN '' ELSE profile.nickname END)) || field_keys(c.company_id, c.custom_fields)
  FROM customer c WHERE c.company_id = profile.company_id AND c.id = profile.customer_id
    AND s.company_id = profile.company_id AND s.customer_id = profile.customer_id;
  RETURN NULL;
END $$;
CREATE TRIGGER profile_is_created AFTER INSERT ON customer_profile FOR EACH ROW WHEN (NEW.nickname <> '')
  EXECUTE FUNCTION index_nickname();
CREATE TRIGGER nickname_changes AFTER UPDATE OF nickname ON customer_profile FOR EACH ROW
  WHEN (OLD.nickname <> NEW.nickname) EXECUTE FUNCTION index_nickname();
CREATE TRIGGER profile_is_removed AFTER DELETE ON customer_profile FOR EACH ROW WHEN (OLD.nickname <> '')
  EXECUTE FUNCTION index_nickname();

CREATE FUNCTION index_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO lead_search AS s (company_id, lead_id, sort_name, keys)
  VALUES (NEW.company_id, NEW.id, sort_name(NEW.first_name, NEW.last_name),
    name_keys(NEW.company_id, concat_ws(' ', NEW.first_name, NEW.last_name)) ||
      field_keys(NEW.company_id, NEW.custom_fields))
  ON CONFLICT ON CONSTRAINT lead_search_pkey DO UPDATE SET sort_name = EXCLUDED.sort_name, keys = EXCLUDED.keys;
  RETURN NULL;
END $$;
CREATE TRIGGER lead_is_created AFTER INSERT ON lead FOR EACH ROW EXECUTE FUNCTION index_lead();
CREATE TRIGGER lead_is_renamed AFTER UPDATE OF first_name, last_name, custom_fields ON lead FOR EACH ROW
  WHEN (OLD.first_name <> NEW.first_name OR OLD.last_name <> NEW.last_name OR OLD.custom_fields <> NEW.custom_fields)
  EXECUTE FUNCTION index_lead();

-- Instead of foreign keys, which would make every new record a third dearer: only the triggers write these tables.
CREATE FUNCTION forget_search_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'customer' THEN
    DELETE FROM customer_search s WHERE s.company_id = OLD.company_id AND s.customer_id = OLD.id;
  ELSE
    DELETE FROM lead_search s WHERE s.company_id = OLD.company_id AND s.lead_id = OLD.id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER customer_forgets_search_keys AFTER DELETE ON customer FOR EACH ROW EXECUTE FUNCTION forget_search_keys();
CREATE TRIGGER lead_forgets_search_keys AFTER DELETE ON lead FOR EACH ROW EXECUTE FUNCTION forget_search_keys();
