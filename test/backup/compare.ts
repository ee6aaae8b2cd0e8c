import type pg from "pg";

/** Every table of the schema `public` with its number of rows and a hash of all of them, but the times of migrations. */
export async function contentOf(owner: pg.Pool): Promise<ReadonlyMap<string, string>> {
  const { rows } = await owner.query<{ name: string }>(
    "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
  );
  const content = new Map<string, string>();
  for (const { name } of rows) {
    const row = name === "_prisma_migrations" ? "ROW(t.migration_name, t.checksum)" : "t";
    const result = await owner.query<{ hash: string }>(
      `SELECT count(*) || ' ' || md5(coalesce(string_agg(${row}::text, E'\\n' ORDER BY ${row}::text COLLATE "C"), '')) AS hash
       FROM public."${name}" t`,
    );
    content.set(name, result.rows[0]?.hash ?? "");
  }
  return content;
}

/** Everything that migrations create, as text: columns, constraints, indexes, triggers, policies, rights, functions. */
export async function schemaOf(owner: pg.Pool): Promise<readonly string[]> {
  const { rows } = await owner.query<{ line: string }>(schemaQuery);
  return rows.map(({ line }) => line);
}

const schemaQuery = `
  SELECT line FROM (
    SELECT 'column ' || c.relname || ' ' || a.attnum - (SELECT count(*) FROM pg_attribute d
        WHERE d.attrelid = c.oid AND d.attisdropped AND d.attnum < a.attnum) || ' ' || a.attname || ' ' ||
      format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || a.attidentity::text || a.attgenerated::text || ' ' ||
      coalesce(pg_get_expr(f.adbin, f.adrelid), '') || ' ' || coalesce(a.attacl::text, '') AS line
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef f
      ON f.adrelid = a.attrelid AND f.adnum = a.attnum
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT 'relation ' || relname || ' ' || relkind::text || relrowsecurity || relforcerowsecurity || ' ' ||
      coalesce(reloptions::text, '') || ' ' || (SELECT coalesce(string_agg(acl::text, ' ' ORDER BY acl::text), '')
        FROM unnest(relacl) acl)
    FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'constraint ' || coalesce(conrelid::regclass::text, contypid::regtype::text) || ' ' || conname || ' ' ||
      convalidated || ' ' || pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT 'trigger ' || tgenabled::text || ' ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL
    SELECT 'policy ' || tablename || ' ' || policyname || ' ' || cmd || ' ' || coalesce(qual, '') || ' ' ||
      coalesce(with_check, '') FROM pg_policies WHERE schemaname = 'public'
    UNION ALL
    SELECT 'routine ' || pg_get_functiondef(oid) || ' ' || coalesce(proacl::text, '')
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'sequence ' || sequencename || ' ' || data_type || ' ' || increment_by FROM pg_sequences
    WHERE schemaname = 'public') lines
  ORDER BY line COLLATE "C"`;
