import pg from "pg";
import { companiesSetting } from "../company-guard.js";
import { connectOwner } from "./roles.js";

type Row = Readonly<Record<string, unknown>>;

/** Rows to write once, created by src/demo. */
export interface SeedData {
  /** Ids that show whether the data exists. */
  readonly companyIds: readonly string[];
  readonly keyIds: readonly string[];
  /** Rows by table, in insertion order. All rows of a table have the same columns. */
  readonly tables: readonly (readonly [table: string, rows: readonly Row[]])[];
  /**
   * Rows of api_key_secret for `keyIds`. They follow the configuration even if the other data was written long ago,
   * until a key is rotated or revoked.
   */
  readonly secrets: readonly Row[];
  /** Scopes that `keyIds` do not have. Earlier versions granted them. */
  readonly withheldScopes: readonly string[];
  /** The external API that calls this server. A later configuration may have changed its address. */
  readonly echo: { readonly companyId: string; readonly id: string; readonly url: string };
}

/** `written`: written now. `kept`: already existed. `absent`: the database contains other data and was not changed. */
export type SeedOutcome = "written" | "kept" | "absent";

interface Seeded {
  readonly outcome: SeedOutcome;
  /** Those of `keyIds` whose secret is valid. */
  readonly openKeyIds: readonly string[];
}

interface SeedOptions {
  /** Connection string of the owner of the tables. */
  readonly url: string;
  readonly data: SeedData;
  /** Write only if there is no company. */
  readonly onlyWhenEmpty: boolean;
}

/** An arbitrary number. Every process that seeds takes this lock. */
const seedLock = 1_845_203_117;

/**
 * Writes the data in one transaction, once. If its keys already exist, only what depends on the configuration is
 * updated: the secrets and withheld scopes of keys that were not rotated or revoked, and the address of the echo. No key
 * ever gets a scope. Safe to call from several processes concurrently.
 */
export async function seed({ url, data, onlyWhenEmpty }: SeedOptions): Promise<Seeded> {
  const client = await connectOwner(url, "moego-seed");
  try {
    await client.query("BEGIN");
    await client.query("SELECT set_config($1, '*', true)", [companiesSetting]);
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
    await renewKeys(client, data);
    await moveEcho(client, data);
    return "kept";
  }
  // A real company with a demo id is never changed, and no demo key ever gets access to it.
  if (found?.companies || (found?.any_company && onlyWhenEmpty)) return "absent";
  for (const [table, tableRows] of data.tables) await insert(client, table, tableRows);
  return "written";
}

/** A rotated or revoked key keeps its secrets: they are in use, and what was revoked remains revoked. */
async function renewKeys(client: pg.Client, { keyIds, secrets, withheldScopes }: SeedData): Promise<void> {
  // A separate statement, so that the next one sees a rotation that it waited for.
  await client.query("SELECT 1 FROM api_key WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE", [keyIds]);
  const { rows } = await client.query<{ id: string }>(
    `SELECT k.id FROM api_key k WHERE k.id = ANY ($1) AND NOT EXISTS (
       SELECT 1 FROM api_key_change c WHERE c.key_id = k.id AND c.kind IN ('ROTATED', 'REVOKED'))`,
    [keyIds],
  );
  const untouched = rows.map(({ id }) => id);
  await client.query("DELETE FROM api_key_secret WHERE key_id = ANY ($1)", [untouched]);
  const wanted = secrets.filter((row) => untouched.includes(String(row["key_id"])));
  // A secret of another key remains with that key.
  await insert(client, "api_key_secret", wanted, "ON CONFLICT (hash) DO NOTHING");
  // An empty list grants more than none, so the last scope of a key is never taken.
  await client.query(
    `UPDATE api_key SET updated_time = now(),
       scopes = ARRAY (SELECT scope FROM unnest(scopes) WITH ORDINALITY AS s (scope, place)
                       WHERE scope <> ALL ($2) ORDER BY place)
     WHERE id = ANY ($1) AND scopes && $2 AND NOT scopes <@ $2`,
    [untouched, withheldScopes],
  );
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

/** Changes by an operator are preserved. Only an address of the echo is replaced. */
async function moveEcho(client: pg.Client, { echo: { companyId, id, url } }: SeedData): Promise<void> {
  await client.query(
    `UPDATE external_api SET url = $3, version = version + 1
     WHERE company_id = $1 AND id = $2 AND url <> $3 AND url ~ '^https?://[^/]+/demo/echo$'`,
    [companyId, id, url],
  );
}

/** Columns that a row does not contain get their defaults. */
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
