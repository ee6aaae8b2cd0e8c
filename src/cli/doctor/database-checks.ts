import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../config/config.js";
import { type DatabaseServer, openDatabaseServer } from "../../database-server.js";
import { type DatabaseFacts, readDatabaseFacts } from "../../db/database-facts.js";
import type { Log } from "../../db/log.js";
import { explainedError } from "../explained-error.js";
import { type Check, failed, ok, skipped, warning } from "./check.js";
import { checkTimeZones } from "./time-zone-check.js";

/** What depends on the database. The embedded one is started for it if no server runs, but never created. */
export async function checkDatabase(config: Config, log: Log): Promise<readonly Check[]> {
  const state = join(config.dataDir, "embedded-postgres.json");
  if (config.database.url === undefined && !existsSync(state))
    return [
      skipped("Database", `There is no data in ${config.dataDir} yet. The first start creates the database there.`),
    ];
  let server: DatabaseServer | undefined;
  try {
    server = await openDatabaseServer(config, log);
    const facts = await readDatabaseFacts(server.serviceUrl);
    return [
      ...[checkServer(facts, server), checkRoles(facts, { config, server }), checkMigrations(facts, server)],
      ...[checkClock(facts), await checkTimeZones(server.serviceUrl, facts.zones)],
    ];
  } catch (error) {
    return [failed("Database", explainedError(error).lines.join(" "))];
  } finally {
    await server?.stop();
  }
}

const oldestVersion = 15;

function checkServer({ version, isReadOnly }: DatabaseFacts, { isEmbedded }: DatabaseServer): Check {
  const text = `PostgreSQL ${version}${isEmbedded ? " (embedded)" : ""}`;
  if (Number.parseInt(version, 10) < oldestVersion)
    return failed("Database", `${text} is too old. Use PostgreSQL ${oldestVersion} or later.`);
  if (isReadOnly) return failed("Database", `${text} is read-only. Use the database that \`moego move\` has written.`);
  return ok("Database", text);
}

interface Surroundings {
  readonly config: Config;
  readonly server: DatabaseServer;
}

function checkRoles({ login, canServe, excess }: DatabaseFacts, { config, server }: Surroundings): Check {
  if (!canServe) return failed("Roles", `The login ${login} cannot act as moego_service. Run: moego migrate`);
  if (excess === undefined) return ok("Roles", `the login ${login} owns nothing and can act as moego_service`);
  if (config.database.allowOwner) return warning("Roles", `The login ${excess}, which DATABASE_ALLOW_OWNER permits.`);
  const fix = "Set DATABASE_URL to a login that owns nothing, and DATABASE_MIGRATION_URL to the owner.";
  return server.isEmbedded ? warning("Roles", `The login ${excess}.`) : failed("Roles", `The login ${excess}. ${fix}`);
}

function checkMigrations({ pending }: DatabaseFacts, { isEmbedded, ownerUrl, serviceUrl }: DatabaseServer): Check {
  if (pending?.length === 0) return ok("Migrations", "all applied");
  const what = pending ? `${pending.length} pending, from ${pending[0]}` : "the database has no tables yet";
  const isApplied = isEmbedded || ownerUrl !== serviceUrl;
  return isApplied
    ? warning("Migrations", `${what}; the next start applies them`)
    : failed("Migrations", `${what}. Run: moego migrate`);
}

const noticedMs = 1_000;
const wrongMs = 30_000;

/** Times of records are those of the database, times of keys and page tokens those of the server. */
function checkClock({ clockAheadMs }: DatabaseFacts): Check {
  const text = `the clock of the database is ${Math.abs(clockAheadMs)} ms ${clockAheadMs < 0 ? "behind" : "ahead"}`;
  if (Math.abs(clockAheadMs) > wrongMs) return failed("Clock", `${text}. Synchronize both machines (NTP).`);
  return Math.abs(clockAheadMs) > noticedMs
    ? warning("Clock", `${text}. Synchronize both machines (NTP).`)
    : ok("Clock", text);
}
