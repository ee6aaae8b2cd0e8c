import { type Answer, addTenant, atOnce, openWorld, type Tenant } from "../faults/world.js";
import { injectConflicts } from "./conflicts.js";
import { effectsOf, planned, refusalOf, sendOnce } from "./exactly-once.js";
import { randomOf } from "./run.js";
import { addService, type PlannedWrite, type WriteCall } from "./write-kind.js";
import { writeKinds } from "./write-kinds.js";

export interface Conflicting {
  /** Transactions that were begun, those included that failed. */
  readonly transactions: number;
  readonly injected: number;
  readonly calls: number;
  /** ABORTED answers, by how many of the call's transactions in a row had failed. */
  readonly aborted: ReadonlyMap<number, number>;
  /** Refusals that nobody may get. */
  readonly defects: readonly string[];
  /** Writes that did not take effect exactly once. */
  readonly notOnce: number;
}

const random = randomOf("R5");

/**
 * Writes of every kind while the database refuses so many in a hundred transactions as conflicts, until so many were
 * begun. Each of eight companies has one caller at a time, so that failures in a row belong to one call.
 */
export async function writeAmongConflicts(
  goal: number,
  { percent }: { readonly percent: number },
): Promise<Conflicting> {
  await using world = await openWorld();
  const { owner } = world.database;
  const tenants = await atOnce(8, () => addTenant(world));
  for (const tenant of tenants) await addService(owner, tenant);
  const conflicts = await injectConflicts(owner, { percent, companyIds: tenants.map(({ companyId }) => companyId) });
  const aborted = new Map<number, number>();
  const defects: string[] = [];
  let calls = 0;
  let isDone = false;

  /** Sends a call, with an idempotency key or without, again after a refusal that left nothing. */
  async function sent(tenant: Tenant, write: WriteCall): Promise<Answer> {
    for (;;) {
      const answer = await sendOnce(
        tenant,
        write,
        ...(random.below(2) === 0 ? [`key-${calls}-${random.below(2 ** 31)}`] : []),
      );
      calls += 1;
      if (answer.status === 200) return answer;
      const { reason, isRetryable } = refusalOf(answer);
      if (answer.body.code !== 10 || reason !== "CONCURRENT_WRITE" || !isRetryable) {
        defects.push(answer.text);
        isDone = true;
        throw new Error(answer.text);
      }
      const failed = await conflicts.inARow(tenant.companyId);
      aborted.set(failed, (aborted.get(failed) ?? 0) + 1);
      await owner.query(`SELECT setval('row_of_${tenant.companyId}', 0)`);
    }
  }

  const writes = await Promise.all(
    tenants.map(async (tenant) => {
      const made: PlannedWrite[] = [];
      const send = async (write: WriteCall) => (await sent(tenant, write)).body;
      while (!isDone) {
        const write = await planned(random.pick(writeKinds), tenant, send);
        made.push(write);
        await send(write.call);
        if (made.length % 8 === 0) isDone ||= (await conflicts.counted()).transactions >= goal;
      }
      return { tenant, made };
    }),
  );
  const effects = await Promise.all(writes.map(({ tenant, made }) => effectsOf(owner, tenant, made)));
  const notOnce = effects.flat().filter(({ count }) => count !== 1).length;
  return { ...(await conflicts.counted()), calls, aborted, defects, notOnce };
}
