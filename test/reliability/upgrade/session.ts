import { type Answer, type CallOptions, call, type Tenant } from "../../faults/world.js";
import { refusalOf } from "../exactly-once.js";
import type { Random } from "../run.js";
import type { PlannedWrite } from "../write-kind.js";

/** A write that was acknowledged, and the key with which it is sent again. */
export interface Acknowledged {
  readonly write: PlannedWrite;
  readonly key: string;
  readonly answer: Answer;
}

/** What all clients share: how they send, and what they count. */
export interface Session {
  readonly random: Random;
  readonly counts: Counts;
  /** Writes of which every one must have taken effect exactly once. */
  readonly acknowledged: Acknowledged[];
  /** Two processes to use in turn: one of each build while both run, in either order. */
  pair(): readonly [Tenant, Tenant];
  /** Sends a call that must succeed. */
  ok(tenant: Tenant, path: string, body?: object, options?: CallOptions): Promise<Answer>;
  /** Sends a call that must be refused with this reason. */
  refused(reason: string, tenant: Tenant, path: string, body: object, options?: CallOptions): Promise<void>;
}

export interface Counts {
  /** Calls by the address of the process. */
  readonly calls: Map<string, number>;
  /** Calls that were sent to one process and then, with the same key, to the other. */
  retries: number;
  /** Pages that were asked for by a token of the other process. */
  pages: number;
}

/** @param pair see Session */
export function openSession(random: Random, pair: () => readonly [Tenant, Tenant]): Session {
  const counts: Counts = { calls: new Map(), retries: 0, pages: 0 };
  const send: Session["ok"] = (tenant, path, body, options) => {
    counts.calls.set(tenant.httpUrl, (counts.calls.get(tenant.httpUrl) ?? 0) + 1);
    return call(tenant, path, body, options);
  };
  return {
    ...{ random, counts, pair, acknowledged: [] },
    async ok(tenant, path, body, options) {
      const answer = await send(tenant, path, body, options);
      if (answer.status !== 200) throw new Error(`${tenant.httpUrl} ${path}: ${answer.status} ${answer.text}`);
      return answer;
    },
    async refused(reason, tenant, path, body, options) {
      const answer = await send(tenant, path, body, options);
      if (answer.status !== 200 && refusalOf(answer).reason === reason) return;
      throw new Error(`${tenant.httpUrl} ${path}: ${answer.status} ${answer.text} in place of ${reason}`);
    },
  };
}

/** Whether one says all that the other says: a later build may return more fields. */
export function isSame(one: unknown, other: unknown): boolean {
  return covers(one, other) || covers(other, one);
}

/** @throws Error that shows both, unless they are the same */
export function requireSame(what: string, one: unknown, other: unknown): void {
  if (isSame(one, other)) return;
  throw new Error(`${what}: ${JSON.stringify(one)}\nis not the same as\n${JSON.stringify(other)}`);
}

/** @throws Error when the condition does not hold */
export function require(what: string, holds: boolean): void {
  if (!holds) throw new Error(what);
}

function covers(more: unknown, less: unknown): boolean {
  if (typeof less !== "object" || less === null) return Object.is(more, less);
  if (typeof more !== "object" || more === null || Array.isArray(more) !== Array.isArray(less)) return false;
  if (Array.isArray(more) && more.length !== Object.keys(less).length) return false;
  const values = new Map(Object.entries(more));
  return Object.entries(less).every(([name, value]) => {
    if (!values.has(name)) return false;
    return covers(values.get(name), value) || (name === newlyFilled && value === "");
  });
}

/** The previous build leaves the owner of a lead's pets empty. */
const newlyFilled = "customerId";
