import { createHash } from "node:crypto";
import type pg from "pg";
import type { Answer, Tenant } from "../faults/world.js";

/** A call of a writing rpc. */
export interface WriteCall {
  readonly method: "POST" | "PUT";
  readonly path: string;
  readonly body: object;
}

/** A call that is to take effect exactly once, however often it is sent. */
export interface PlannedWrite {
  readonly kind: WriteKind;
  readonly call: WriteCall;
  /** The same call with another body, which the same idempotency key does not cover. */
  readonly other: WriteCall;
  /** By which the effects of the one and the other are found. */
  readonly marks: readonly string[];
}

/** Sends a call that prepares another one, until it has succeeded. */
export type Send = (call: WriteCall) => Promise<Answer["body"]>;

/** How an RPC is tried that must take effect exactly once. */
export interface OnceTraits {
  /** One statement that is a transaction by itself; the others are transactions of several. */
  readonly oneStatement: boolean;
  /** Whether a second call without a key has a second effect; false where the rules forbid it anyway. */
  readonly doubles: boolean;
  plan(tenant: Tenant, mark: string, send: Send): Promise<Pick<PlannedWrite, "call" | "other" | "marks">>;
  /** The id of what the call made or changed. */
  idOf(body: Answer["body"]): string;
  /** Effects of marks `$2` in company `$1`: how many, and on which id. */
  readonly effects: string;
}

export interface WriteKind extends OnceTraits {
  /** Name of the RPC. */
  readonly name: string;
}

/**
 * A number that nobody else has: a retry names the possible duplicates of the present, so beside others with the number
 * it would differ from the first response.
 */
export function phoneOf(mark: string): string {
  return `+1212${2_000_000 + (createHash("sha256").update(mark).digest().readUInt32BE() % 8_000_000)}`;
}

/** A customer with a note and a tag, by last name. */
export const person = ({ companyId, businessId }: Tenant, mark: string) => ({
  ...{ companyId, preferredBusinessId: businessId, firstName: "Ada", lastName: mark, phone: phoneOf(mark) },
  ...{ notes: [{ note: "begun" }], tags: [{ name: "Regular" }] },
});
/** A lead with a pet, by first name. */
export const leadNamed = ({ companyId }: Tenant, mark: string) => ({
  lead: { companyId, firstName: mark, phone: phoneOf(mark), pets: [{ name: "Rex", type: "DOG", breed: "Beagle" }] },
});
export const post = (path: string, body: object): WriteCall => ({ method: "POST", path, body });

/** Adds what the writes need beyond a company: a service that packages are of. */
export async function addService(database: Pick<pg.Pool, "query">, { companyId }: Tenant): Promise<void> {
  await database.query(
    `INSERT INTO service (company_id, id, name, service_item_type, service_type, last_updated_time)
     VALUES ($1, 'srv', 'Bath', 1, 1, now())`,
    [companyId],
  );
}
