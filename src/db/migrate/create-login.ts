import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import pg from "pg";
import { connectOwner, RoleError } from "./roles.js";

interface CreateLoginOptions {
  /** Connection string of a login with CREATEROLE. */
  readonly ownerUrl: string;
  /** Connection string whose user and password the new login gets. */
  readonly loginUrl: string;
}

/**
 * Creates the login of the server: it owns nothing and has no rights but those that the migrations grant. An existing
 * login is left as it is, with its password.
 *
 * @returns whether the login was created now
 * @throws RoleError if the URL names no user or password, or the owner cannot create logins
 */
export async function createLogin({ ownerUrl, loginUrl }: CreateLoginOptions): Promise<boolean> {
  const { user = "", password } = new pg.Client({ connectionString: loginUrl });
  if (!new URL(loginUrl).username || typeof password !== "string" || !/^[\x20-\x7e]+$/.test(password))
    throw new RoleError("DATABASE_URL must contain a user and a password of printable ASCII characters.");
  const client = await connectOwner(ownerUrl, "moego-migrate");
  try {
    const { rows } = await client.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [user]);
    if (rows.length > 0) return false;
    await client.query(`CREATE ROLE ${pg.escapeIdentifier(user)} LOGIN PASSWORD '${scramVerifier(password)}'`);
    return true;
  } catch (cause) {
    const code = cause instanceof pg.DatabaseError ? cause.code : undefined;
    if (code === "42710" || code === "23505") return false; // created by another process
    if (code !== "42501") throw cause;
    throw new RoleError(
      `The login of DATABASE_MIGRATION_URL cannot create logins. Ask an administrator to create ${pg.escapeIdentifier(user)}.`,
      { cause },
    );
  } finally {
    await client.end();
  }
}

const iterations = 4_096;

/** What PostgreSQL stores for a password (RFC 5803). It is sent in place of the password, which a log could contain. */
function scramVerifier(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
  const keyOf = (name: string) => createHmac("sha256", salted).update(name).digest();
  const storedKey = createHash("sha256").update(keyOf("Client Key")).digest("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey}:${keyOf("Server Key").toString("base64")}`;
}
