import { expect, it, vi } from "vitest";
import { writeAmongConflicts } from "./conflicting.js";
import { record } from "./run.js";

/** The guard, switched off: one try and no other. */
vi.mock("../../src/db/retry.js", () => ({
  retry: <T>(_signal: AbortSignal, attempt: () => Promise<T>): Promise<T> => attempt(),
}));

it("R5 control: without a second try every conflict reaches a client", async (context) => {
  const seen = await writeAmongConflicts(200, { percent: 10 });
  const early = seen.aborted.get(1) ?? 0;
  record(context, {
    id: "R5 control",
    done: `${seen.transactions} transactions, ${seen.injected} aborted, one attempt`,
    seen: `${early} ABORTED after one attempt`,
    must: `${seen.injected}`,
  });
  expect(early).toBeGreaterThan(0);
  expect(early).toBe(seen.injected);
});
