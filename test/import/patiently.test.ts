import { expect, it } from "vitest";
import { DomainError } from "../../src/core/errors.js";
import { patiently } from "../../src/import/run/patiently.js";

function failing(times: number, error: Error) {
  let calls = 0;
  const work = async () => {
    calls += 1;
    if (calls <= times) throw error;
    return "done";
  };
  return { work, calls: () => calls };
}

const locked = new DomainError("LOCK_TIMEOUT", "Timed out waiting for a lock held by another request.");

it("work that waited too long for a lock is repeated until it is done, at most ten times", async () => {
  const some = failing(3, locked);
  await expect(patiently(some.work, 1)).resolves.toBe("done");
  expect(some.calls()).toBe(4);
  const all = failing(99, locked);
  await expect(patiently(all.work, 1)).rejects.toBe(locked);
  expect(all.calls()).toBe(10);
});

it.each(["STATEMENT_TIMEOUT", "OVERLOADED"] as const)(
  "so is work that ended with %s, which changed nothing",
  async (reason) => {
    const busy = failing(1, new DomainError(reason, "The machine is busy."));
    await expect(patiently(busy.work, 1)).resolves.toBe("done");
  },
);

it("work that failed for another reason is not repeated", async () => {
  const refused = failing(1, new DomainError("ALREADY_EXISTS", "There is one."));
  await expect(patiently(refused.work, 1)).rejects.toThrow("There is one.");
  expect(refused.calls()).toBe(1);
});
