// What every peer has: the pool, the statements that statements.ts recorded, the check of a hashed key and a log line a
// request. A peer does less than the service: no rate limits, no roles, no rules, no idempotency.
import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import pg from "pg";
import pino from "pino";

/** The most that a call may wait for its database. */
const statementTimeoutMs = 10_000;

export const databaseUrl = process.env.DATABASE_URL;

export const log = pino(pino.destination({ dest: 1, sync: false }));

const hashOfKey = process.env.KEY_HASH;

/** Throws unless the header carries the key. */
export function authenticate(authorization = "") {
  const hash = createHash("sha256").update(authorization.slice("Bearer ".length)).digest("base64url");
  if (hash !== hashOfKey) throw new Error("unauthenticated");
}

/** Tells subjects.ts where the peer listens. It ends with the measurement. */
export function ready(port) {
  process.once("disconnect", () => process.exit());
  process.send?.({ port });
}

const { get, list, create } = JSON.parse(readFileSync(process.env.STATEMENTS, "utf8"));

export function openPool() {
  return new pg.Pool({ connectionString: databaseUrl, max: 10, statement_timeout: statementTimeoutMs });
}

export async function readCustomer(pool, id) {
  const values = get.values.map((value) => (value === get.id ? id : value));
  const { rows } = await pool.query({ name: get.name, text: get.text, values });
  return rows[0];
}

export async function readCustomers(pool) {
  const { rows } = await pool.query(list);
  return rows;
}

/** Writes what the service would for the same request, with ids of its own. */
export async function writeCustomer(pool, body) {
  const ids = Object.fromEntries(create.ids.map((id) => [id, `${id.split("_")[0]}_${randomUUID().slice(0, 25)}`]));
  const values = create.values.map((value) => replaced(value, { ...ids, [create.phone]: body.phone }));
  const record = JSON.parse(create.record);
  values[create.recordAt] = JSON.stringify({
    ...record,
    first_name: body.firstName,
    last_name: body.lastName,
    phone: body.phone,
    email: body.email,
  });
  const { rows } = await pool.query({ name: create.name, text: create.text, values });
  return rows[0];
}

function replaced(value, by) {
  if (Array.isArray(value)) return value.map((each) => replaced(each, by));
  if (typeof value !== "string") return value;
  for (const [old, present] of Object.entries(by)) if (value.includes(old)) return value.replaceAll(old, present);
  return value;
}
