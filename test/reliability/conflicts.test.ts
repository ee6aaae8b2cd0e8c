import { expect, it } from "vitest";
import { addTenant, createCustomer, openWorld } from "../faults/world.js";
import { writeAmongConflicts } from "./conflicting.js";
import { injectConflicts } from "./conflicts.js";
import { refusalOf } from "./exactly-once.js";
import { record, times } from "./run.js";

it("R5: a conflict reaches a client only after five tries", async (context) => {
  const seen = await writeAmongConflicts(times({ short: 2_000, long: 100_000 }), { percent: 10 });
  const refused = [...seen.aborted.values()].reduce((sum, count) => sum + count, 0);
  const early = refused - (seen.aborted.get(5) ?? 0);
  record(context, {
    id: "R5",
    done: `${seen.transactions} transactions of ${seen.calls} requests, ${seen.injected} of them aborted with 40001 or 40P01, in a statement or at COMMIT`,
    seen: `${refused} ABORTED, ${early} before five attempts; ${seen.notOnce} writes lost or duplicated`,
    must: "0 before five attempts, 0 lost or duplicated",
  });
  expect(seen.defects).toEqual([]);
  expect(early).toBe(0);
  expect(seen.notOnce).toBe(0);
  expect(seen.injected / seen.transactions).toBeGreaterThan(0.07);
});

it("R5: where every try fails, a call is tried five times and ABORTED, and leaves nothing", async (context) => {
  await using world = await openWorld();
  const tenant = await addTenant(world);
  const conflicts = await injectConflicts(world.database.owner, { percent: 100, companyIds: [tenant.companyId] });
  const calls = 20;
  const answers = [];
  for (let call = 0; call < calls; call += 1) answers.push(await createCustomer(tenant));
  const { injected } = await conflicts.counted();
  const { rows } = await world.database.owner.query("SELECT FROM customer WHERE company_id = $1", [tenant.companyId]);
  const aborted = answers.filter((answer) => answer.body.code === 10 && refusalOf(answer).isRetryable).length;
  record(context, {
    id: "R5 all fail",
    done: `${calls} requests whose transactions are all aborted`,
    seen: `${injected / calls} attempts per request, ${aborted} ABORTED with RetryInfo, ${rows.length} effects`,
    must: `5 attempts, ${calls} ABORTED, 0 effects`,
  });
  expect([injected, aborted, rows.length]).toEqual([5 * calls, calls, 0]);
});
