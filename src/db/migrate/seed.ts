import pg from "pg";

type Row = Readonly<Record<string, unknown>>;

/** Plain rows to write once; src/demo makes them. */
export interface SeedData {
  readonly companyIds: readonly string[];
  readonly keyIds: readonly string[];
  /** Rows by table, in the order in which they can be inserted; all rows of a table have the same columns. */
  readonly tables: readonly (readonly [table: string, rows: readonly Row[]])[];
  /** Rows of api_key_secret for `keyIds`. */
  readonly secrets: readonly Row[];
  /** The external API that asks the service itself, which a later configuration may have moved. */
  readonly echo: { readonly companyId: string; readonly id: string; readonly url: string };
}

/** `written`: now; `kept`: it was there before; `absent`: the database has other data and was left alone. */
export type SeedOutcome = "written" | "kept" | "absent";

export interface Seeded {
  readonly outcome: SeedOutcome;
  /** The keys among `keyIds` that their secret opens now. */
  readonly openKeyIds: readonly string[];
}

export interface SeedOptions {
  /** Connection string of the owner of the tables. */
  readonly url: string;
  readonly data: SeedData;
  /** Write only when there is no company at all. */
  readonly onlyWhenEmpty: boolean;
}

/** Any number; taken by every process that seeds. */
const seedLock = 1_845_203_117;

/**
 * Writes the data in one transaction, once: when its keys are there already, only what follows the configuration is brought
 * up to date, the secrets of keys that nobody rotated or revoked and the address of the echo. Safe from several processes
 * at once.
 */
export async function seed({ url, data, onlyWhenEmpty }: SeedOptions): Promise<Seeded> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "moego-seed",
    connectionTimeoutMillis: 10_000,
  });
  client.on("error", () => {}); // the statement under way is rejected as well
  await client.connect();
  try {
    await client.query("BEGIN");
    await client.query("SELECT pg_advisory_xact_lock($1)", [seedLock]);
    const outcome = await writeOrKeep(client, data, onlyWhenEmpty);
    const openKeyIds = await opened(client, data);
    await client.query("COMMIT");
    return { outcome, openKeyIds };
  } finally {
    await client.end(); // rolls back what was not committed
  }
}

async function writeOrKeep(client: pg.Client, data: SeedData, onlyWhenEmpty: boolean): Promise<SeedOutcome> {
  const { rows } = await client.query<{ keys: boolean; companies: boolean; any_company: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM api_key WHERE id = ANY ($1)) AS keys,
       EXISTS (SELECT 1 FROM company WHERE id = ANY ($2)) AS companies,
       EXISTS (SELECT 1 FROM company) AS any_company`,
    [data.keyIds, data.companyIds],
  );
  const [found] = rows;
  if (found?.keys) {
    await renewSecrets(client, data);
    await moveEcho(client, data);
    return "kept";
  }
  // A real company that has one of our ids is never touched, and no demo key ever opens it.
  if (found?.companies || (found?.any_company && onlyWhenEmpty)) return "absent";
  for (const [table, tableRows] of data.tables) await insert(client, table, tableRows);
  return "written";
}

/** A key that was rotated or revoked keeps the secrets that it has: they are somebody's, and what was ended stays so. */
async function renewSecrets(client: pg.Client, { keyIds, secrets }: SeedData): Promise<void> {
  // A statement of its own: the next one then sees the rotation that it waited for.
  await client.query("SELECT 1 FROM api_key WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE", [keyIds]);
  const { rows } = await client.query<{ id: string }>(
    `SELECT k.id FROM api_key k WHERE k.id = ANY ($1) AND NOT EXISTS (
       SELECT 1 FROM api_key_change c WHERE c.key_id = k.id AND c.kind IN ('ROTATED', 'REVOKED'))`,
    [keyIds],
  );
  const untouched = rows.map(({ id }) => id);
  await client.query("DELETE FROM api_key_secret WHERE key_id = ANY ($1)", [untouched]);
  const wanted = secrets.filter((row) => untouched.includes(String(row["key_id"])));
  // A secret that opens another key stays with it.
  await insert(client, "api_key_secret", wanted, "ON CONFLICT (hash) DO NOTHING");
}

async function opened(client: pg.Client, { secrets }: SeedData): Promise<readonly string[]> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT k.id FROM jsonb_populate_recordset(NULL::api_key_secret, $1::jsonb) given
     JOIN api_key_secret s ON s.hash = given.hash AND s.key_id = given.key_id JOIN api_key k ON k.id = s.key_id
     WHERE k.revoked_time IS NULL AND coalesce(least(k.expired_time, s.expired_time) > now(), true)`,
    [JSON.stringify(secrets)],
  );
  return rows.map(({ id }) => id);
}

/** What an operator has made of it is left alone: only an address of the echo is replaced. */
async function moveEcho(client: pg.Client, { echo: { companyId, id, url } }: SeedData): Promise<void> {
  await client.query(
    `UPDATE external_api SET url = $3, version = version + 1
     WHERE company_id = $1 AND id = $2 AND url <> $3 AND url ~ '^https?://[^/]+/demo/echo$'`,
    [companyId, id, url],
  );
}

/** Columns that a row does not name take their defaults. */
async function insert(client: pg.Client, table: string, rows: readonly Row[], onConflict = ""): Promise<void> {
  const [row] = rows;
  if (!row) return;
  const columns = Object.keys(row).map((column) => pg.escapeIdentifier(column));
  await client.query(
    `INSERT INTO ${pg.escapeIdentifier(table)} (${columns.join(", ")})
     SELECT ${columns.join(", ")} FROM jsonb_populate_recordset(NULL::${pg.escapeIdentifier(table)}, $1::jsonb) ${onConflict}`,
    [JSON.stringify(rows)],
  );
}
