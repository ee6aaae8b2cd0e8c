import pg from "pg";
import { pendingMigrations } from "./migrate/migrate.js";
import { migrationsDirectory, readMigrations } from "./migrate/migration-files.js";
import { readApplied } from "./migrate/migration-history.js";
import { connectOwner, serviceRole } from "./migrate/roles.js";
import { excessPowerOf } from "./migrate/service-login.js";

/** What `moego doctor` reads of a database. Changes nothing. */
export interface DatabaseFacts {
  readonly version: string;
  readonly login: string;
  /** Whether the login may run as the role of the server. */
  readonly canServe: boolean;
  /** What the login could do and should not; undefined if there is nothing. */
  readonly excess: string | undefined;
  /** Names of migrations that were not applied; undefined if the database has no tables of moego. */
  readonly pending: readonly string[] | undefined;
  /** How far the clock of the database is ahead, to half the time of the question. */
  readonly clockAheadMs: number;
  /** Whether its transactions only read: a standby, or what `moego move` has copied. */
  readonly isReadOnly: boolean;
  /** Time zones of companies, at most 100. */
  readonly zones: readonly string[];
}

/** @throws an error of the connection, or MigrationError */
export async function readDatabaseFacts(url: string): Promise<DatabaseFacts> {
  const excess = await excessPowerOf(url);
  const client = await connectOwner(url, "moego-doctor");
  try {
    const about = await readAbout(client);
    const clockAheadMs = await clockAhead(client);
    if (about.canServe) await client.query(`SET ROLE ${serviceRole}`);
    const { hasHistory, ...same } = about;
    const pending = hasHistory ? await readPending(client) : undefined;
    const zones = pending?.length === 0 ? await readZones(client) : [];
    return {
      ...same,
      clockAheadMs,
      pending,
      zones,
      excess: excess && `${JSON.stringify(excess.login)} ${excess.reason}`,
    };
  } finally {
    await client.end();
  }
}

interface About extends Pick<DatabaseFacts, "version" | "login" | "canServe" | "isReadOnly"> {
  readonly hasHistory: boolean;
}

async function readAbout(client: pg.Client): Promise<About> {
  const { rows } = await client.query<About>(
    `SELECT current_setting('server_version') AS version, session_user::text AS login,
       current_setting('transaction_read_only')::bool AS "isReadOnly",
       to_regclass('public._prisma_migrations') IS NOT NULL AS "hasHistory",
       EXISTS (SELECT FROM pg_roles r WHERE r.rolname = $1 AND pg_has_role(session_user, r.oid, 'MEMBER')) AS "canServe"`,
    [serviceRole],
  );
  const [about] = rows;
  if (!about) throw new Error("the server did not tell its version");
  return about;
}

async function readPending(client: pg.Client): Promise<readonly string[]> {
  const known = await readMigrations(migrationsDirectory);
  return pendingMigrations(known, await readApplied(client)).map(({ name }) => name);
}

/** Of the fastest of three questions, since the first one can wait for the connection. */
async function clockAhead(client: pg.Client): Promise<number> {
  const asked: { readonly tookMs: number; readonly aheadMs: number }[] = [];
  for (let count = 0; count < 3; count += 1) {
    const sentMs = Date.now();
    const { rows } = await client.query<{ ms: number }>(
      "SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS ms",
    );
    const tookMs = Date.now() - sentMs;
    asked.push({ tookMs, aheadMs: (rows[0]?.ms ?? sentMs) - (sentMs + tookMs / 2) });
  }
  const [fastest] = asked.toSorted((one, other) => one.tookMs - other.tookMs);
  return Math.round(fastest?.aheadMs ?? 0);
}

async function readZones(client: pg.Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ zone: string }>(
    "SELECT DISTINCT time_zone AS zone FROM company ORDER BY time_zone LIMIT 100",
  );
  return rows.map(({ zone }) => zone);
}

/** The offsets from UTC in minutes that PostgreSQL has for a zone at some times; undefined if it does not know the zone. */
export async function readOffsets(
  url: string,
  zones: readonly string[],
  times: readonly Date[],
): Promise<ReadonlyMap<string, readonly number[] | undefined>> {
  const client = await connectOwner(url, "moego-doctor");
  try {
    const found = new Map<string, readonly number[] | undefined>();
    for (const zone of zones) found.set(zone, await offsetsOf(client, zone, times));
    return found;
  } finally {
    await client.end();
  }
}

async function offsetsOf(client: pg.Client, zone: string, times: readonly Date[]) {
  try {
    const { rows } = await client.query<{ minutes: number }>(
      `SELECT round(extract(epoch FROM (t.at AT TIME ZONE $1) - (t.at AT TIME ZONE 'UTC')) / 60)::int AS minutes
       FROM unnest($2::timestamptz[]) WITH ORDINALITY AS t(at, place) ORDER BY t.place`,
      [zone, times],
    );
    return rows.map(({ minutes }) => minutes);
  } catch (error) {
    // The zone has no such name there.
    if (error instanceof pg.DatabaseError && error.code === "22023") return undefined;
    throw error;
  }
}
