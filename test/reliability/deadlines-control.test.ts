import { expect, it } from "vitest";
import { aSecondLater, cancels, deadlines, Hurry } from "./hurried-calls.js";
import { randomOf, record } from "./run.js";

const random = randomOf("O2 control");

it("O2 control: without cancel requests statements outlive their calls", async (context) => {
  await using hurry = await Hurry.open(20, ["uncancelled.mjs"]);
  const left = await hurry.whileLocked(async () => {
    const way = () => random.pick([...deadlines, ...cancels]);
    // A call must have sent its statement before it ends, on a machine that other test files use as well.
    const plans = Array.from({ length: 20 }, () => ({ ...random.pick(hurry.requests), way: way(), limitMs: 2_000 }));
    await hurry.send(plans, 20);
    await aSecondLater();
    return await hurry.running();
  });
  record(context, {
    id: "O2 control",
    done: "20 requests of 2000 ms, whose cancel requests are lost",
    seen: `${left} statements still running a second later`,
    must: "some still running",
  });
  expect(left).toBeGreaterThan(0);
});
