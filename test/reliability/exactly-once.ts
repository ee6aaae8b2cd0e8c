import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { type Answer, call, type Tenant } from "../faults/world.js";
import type { PlannedWrite, Send, WriteCall, WriteKind } from "./write-kind.js";

/** Sends a planned call once. */
export function sendOnce(tenant: Tenant, { path, method, body }: WriteCall, idempotencyKey?: string): Promise<Answer> {
  return call(tenant, path, body, { method, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) });
}

/** Which answers make a caller send its call again; every other refusal ends the test. */
export type MayRepeat = (answer: Answer) => boolean | Promise<boolean>;

/** Sends a call with an idempotency key of its own until it has succeeded. */
export async function sendUntilDone(tenant: Tenant, write: WriteCall, mayRepeat: MayRepeat): Promise<Answer> {
  const key = randomUUID();
  for (;;) {
    const answer = await sendOnce(tenant, write, key);
    if (answer.status === 200) return answer;
    if (!(await mayRepeat(answer))) throw new Error(`${write.path}: ${answer.text}`);
    await sleep(5);
  }
}

/** The sender of calls that prepare others. */
export function sender(tenant: Tenant, mayRepeat: MayRepeat = () => false): Send {
  return async (write) => (await sendUntilDone(tenant, write, mayRepeat)).body;
}

/** Prepares a call of the kind that no other call is like. */
export async function planned(kind: WriteKind, tenant: Tenant, send = sender(tenant)): Promise<PlannedWrite> {
  const mark = `m_${randomUUID().slice(0, 13)}`;
  return { kind, ...(await kind.plan(tenant, mark, send)) };
}

/** What became of a planned write. */
export interface Effect {
  /** How often it took effect. */
  readonly count: number;
  /** What it made or changed. */
  readonly ids: readonly string[];
}

/** What became of the writes, in their order. */
export async function effectsOf(
  database: Pick<pg.Pool, "query">,
  { companyId }: Tenant,
  writes: readonly PlannedWrite[],
): Promise<readonly Effect[]> {
  const found = new Map<string, { count: number; id: string }>();
  for (const kind of new Set(writes.map((write) => write.kind))) {
    const marks = writes.filter((write) => write.kind === kind).flatMap((write) => write.marks);
    const { rows } = await database.query<Found>(kind.effects, [companyId, marks]);
    for (const { mark, effects, id } of rows) found.set(`${kind.name} ${mark}`, { count: effects, id });
  }
  return writes.map(({ kind, marks }) => {
    const effects = marks.flatMap((mark) => found.get(`${kind.name} ${mark}`) ?? []);
    return { count: effects.reduce((sum, { count }) => sum + count, 0), ids: effects.map(({ id }) => id) };
  });
}

interface Found {
  readonly mark: string;
  readonly effects: number;
  readonly id: string;
}

/** The reason of a refusal, and whether its caller is told to send the call again. */
export function refusalOf({ body }: Answer): { readonly reason: string; readonly isRetryable: boolean } {
  const details: readonly Record<string, string>[] = body.details ?? [];
  const reason = details.find((detail) => detail["@type"]?.endsWith("ErrorInfo"))?.["reason"] ?? "";
  return { reason, isRetryable: details.some((detail) => detail["@type"]?.endsWith("RetryInfo")) };
}
