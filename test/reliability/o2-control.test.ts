import { expect, it, vi } from "vitest";
import { aSecondLater, Hurry } from "./hurried-calls.js";
import { randomOf, record } from "./run.js";

vi.mock("../../src/persistence/cancel.js", async (original) => ({
  ...(await original<typeof import("../../src/persistence/cancel.js")>()),
  cancelStatement: async () => {},
}));

const random = randomOf("O2 control");

it("O2 control: without cancel requests statements outlive their calls", async (context) => {
  await using hurry = await Hurry.open(20);
  const left = await hurry.whileLocked(async () => {
    const plans = Array.from({ length: 20 }, () => hurry.plan(random, 100));
    await hurry.send(plans, 20);
    await aSecondLater();
    return await hurry.running();
  });
  record(context, {
    id: "O2 control",
    done: "20 calls of 100 ms, cancel requests not sent",
    seen: `${left} statements still running a second later`,
    must: "some still running",
  });
  expect(left).toBeGreaterThan(0);
});
