import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { OperatorError, type OperatorErrorOptions } from "../../core/operator-error.js";

/** The role of every statement of the server. It can neither alter tables nor change ledgers. */
export const serviceRole = "moego_service";

/** The migration user cannot set up the database roles. The message contains the statements to run. */
export class RoleError extends OperatorError {
  override readonly name = "RoleError";

  constructor(message: string, { exit = "configuration", ...options }: OperatorErrorOptions = {}) {
    super(message, { ...options, exit });
  }
}

interface EnsureRolesOptions {
  /** Connection string of the owner of the tables. */
  readonly migrationUrl: string;
  /** Connection string of the server; may be the same. */
  readonly serviceUrl: string;
}

/** Errors when concurrent starts create the same role or grant. They are resolved by checking again. */
const raced = new Set(["42710", "23505", "XX000"]);
const attempts = 10;
const raceDelayMs = 50;

/**
 * Creates the group role `moego_service` and allows the server's login to use it. Runs before the migrations, which
 * grant privileges to the role. Needs no privileges if an administrator has already set up both.
 *
 * @throws RoleError with the statements an administrator must run
 */
export async function ensureRoles(options: EnsureRolesOptions): Promise<void> {
  const login = await sessionUser(options.serviceUrl);
  const client = await connectOwner(options.migrationUrl, "moego-migrate");
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (!(await roleExists(client))) await client.query(`CREATE ROLE ${serviceRole} NOLOGIN`);
        if (await canActAsService(client, login)) return;
        await client.query(`GRANT ${serviceRole} TO ${pg.escapeIdentifier(login)}`);
        if (await canActAsService(client, login)) return;
        throw missingPrivilege(login);
      } catch (error) {
        const code = error instanceof pg.DatabaseError ? error.code : undefined;
        if (code === "42501") throw missingPrivilege(login, error);
        if (code === undefined || !raced.has(code) || attempt === attempts) throw error;
        await sleep(raceDelayMs * attempt);
      }
    }
  } finally {
    await client.end();
  }
}

/** The user that a connection string logs in as. Asked from the server, because a proxy may log in as another user. */
async function sessionUser(url: string): Promise<string> {
  const client = await connectOwner(url, "moego-migrate");
  try {
    const { rows } = await client.query<{ session_user: string }>("SELECT session_user");
    return rows[0]?.session_user ?? "";
  } finally {
    await client.end();
  }
}

async function roleExists(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [serviceRole]);
  return rows.length > 0;
}

/** Since PostgreSQL 16, SET ROLE is a separate privilege. Before, every member has it. */
async function canActAsService(client: pg.Client, login: string): Promise<boolean> {
  const { rows } = await client.query<{ allowed: boolean }>(
    `SELECT pg_has_role($1::name, $2::name,
       CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END) AS allowed`,
    [login, serviceRole],
  );
  return rows[0]?.allowed ?? false;
}

function missingPrivilege(login: string, cause?: unknown): RoleError {
  return new RoleError(
    "The migration user cannot create the server role. Ask an administrator to run once:\n" +
      `  CREATE ROLE ${serviceRole} NOLOGIN;   -- unless it exists\n` +
      `  GRANT ${serviceRole} TO ${pg.escapeIdentifier(login)};`,
    { cause },
  );
}

/** A connection for the setup of a database, outside the pool. The caller must close it. */
export async function connectOwner(url: string, name: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: 10_000,
  });
  client.on("error", () => {}); // the running statement is rejected as well
  await client.connect();
  return client;
}
