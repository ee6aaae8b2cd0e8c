import { expect, it } from "vitest";
import { createTurns } from "../../src/db/turns.js";

const { signal } = new AbortController();
const steps: string[] = [];
const work = (name: string, until?: Promise<void>) => async () => {
  steps.push(`${name} begins`);
  await until;
  steps.push(`${name} ends`);
  return name;
};

it("lets writers of a record go one after another, and those of others at once", async () => {
  steps.length = 0;
  const inTurn = createTurns();
  let end = () => {};
  const first = inTurn("a", signal, work("first", new Promise((resolve) => (end = resolve))));
  const second = inTurn("a", signal, work("second"));
  expect(await inTurn("b", signal, work("other"))).toBe("other");
  end();
  expect(await Promise.all([first, second])).toEqual(["first", "second"]);
  expect(steps).toEqual([
    ...["first begins", "other begins", "other ends", "first ends", "second begins", "second ends"],
  ]);
});

it("goes on after a writer that failed, after one that left the queue, and without one that takes long", async () => {
  const inTurn = createTurns(20);
  let end = () => {};
  const slow = inTurn("a", signal, () => new Promise<void>((resolve) => (end = resolve)));
  const leaving = new AbortController();
  const left = inTurn("a", leaving.signal, work("left"));
  leaving.abort(new Error("left"));
  await expect(left).rejects.toThrow("left");
  await expect(inTurn("a", signal, () => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
  expect(await inTurn("a", signal, work("last"))).toBe("last");
  end();
  await slow;
});
