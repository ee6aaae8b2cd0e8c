-- An import asks for the entries of its rows, and a batch for erased ids in the audit log. Without statistics of these two
-- tables PostgreSQL took all rows of the company for few: each list of rows then read all of those before it.
CREATE OR REPLACE FUNCTION refresh_statistics() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  grown regclass;
BEGIN
  FOR grown IN SELECT c.oid FROM pg_class c
    WHERE c.oid IN ('customer'::regclass, 'customer_phone'::regclass, 'customer_address'::regclass,
      'customer_note'::regclass, 'customer_tag'::regclass, 'lead'::regclass, 'pet'::regclass, 'pet_note'::regclass,
      'package'::regclass, 'change'::regclass, 'import_record'::regclass)
      AND pg_relation_size(c.oid) > 2 * 8192 * greatest(c.relpages, 4)
  LOOP
    EXECUTE format('ANALYZE (SKIP_LOCKED) %s', grown);
  END LOOP;
END $$;
