import { connectOwner, RoleError } from "./roles.js";

/** What a login could do beyond the statements of the server. */
interface LoginPower {
  readonly login: string;
  readonly superuser: boolean;
  readonly bypassesPolicies: boolean;
  /** Owner of the database or of one of its tables, also as a member of the owner's role. */
  readonly owner: boolean;
}

/** A power that the login of the server must not have. */
interface ExcessPower {
  readonly login: string;
  readonly reason: string;
  readonly canMigrate: boolean;
}

/** Undefined if the login is neither a superuser nor the owner, and cannot bypass row-level security. */
export async function excessPowerOf(url: string): Promise<ExcessPower | undefined> {
  const { login, superuser, owner, bypassesPolicies } = await powerOf(url);
  if (superuser) return { login, reason: "is a superuser", canMigrate: true };
  if (owner) return { login, reason: "owns the database or its tables", canMigrate: true };
  return bypassesPolicies ? { login, reason: "bypasses row-level security", canMigrate: false } : undefined;
}

/**
 * The server runs as `moego_service` whatever its login is, but only a setting of the connection makes it so: an
 * attacker who can run statements on a connection of the owner can return to the owner's rights.
 */
export function excessPowerRefused({ login, reason }: ExcessPower): RoleError {
  return new RoleError(
    `The login ${JSON.stringify(login)} of DATABASE_URL ${reason}. Use a login that owns nothing, and set ` +
      "DATABASE_MIGRATION_URL to the owner for `moego migrate`; its option --create-login creates the login of " +
      "DATABASE_URL. To run with the present login anyway, set DATABASE_ALLOW_OWNER=1.",
  );
}

async function powerOf(url: string): Promise<LoginPower> {
  const client = await connectOwner(url, "moego-start");
  try {
    const { rows } = await client.query<LoginPower>(powerQuery);
    const [power] = rows;
    if (!power) throw new Error("the login has no role");
    return power;
  } finally {
    await client.end();
  }
}

const powerQuery = `
  SELECT r.rolname::text AS login, r.rolsuper AS superuser, r.rolbypassrls AS "bypassesPolicies",
    pg_has_role(r.oid, d.datdba, 'MEMBER') OR EXISTS (
      SELECT 1 FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
      WHERE n.nspname = 'public' AND t.relkind IN ('r', 'p') AND pg_has_role(r.oid, t.relowner, 'MEMBER')) AS owner
  FROM pg_roles r JOIN pg_database d ON d.datname = current_database()
  WHERE r.rolname = session_user`;
