import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { inSteps } from "../../src/import/run/in-steps.js";

async function* numbers(count: number) {
  for (let n = 1; n <= count; n += 1) yield n;
}

it("a step has one list at a time, in their order, while other lists are in other steps", async () => {
  const running = [0, 0];
  const seen: string[] = [];
  let most = 0;
  const step = (place: 0 | 1) => async (list: number) => {
    running[place] = (running[place] ?? 0) + 1;
    expect(running[place]).toBe(1);
    most = Math.max(most, (running[0] ?? 0) + (running[1] ?? 0));
    await sleep(list % 2 === place ? 15 : 1);
    seen.push(`${place}:${list}`);
    running[place] = (running[place] ?? 0) - 1;
  };
  const ended: number[] = [];
  for await (const list of inSteps(numbers(6), [step(0), step(1)])) ended.push(list);
  expect(ended).toEqual([1, 2, 3, 4, 5, 6]);
  for (const place of ["0", "1"])
    expect(seen.filter((text) => text.startsWith(place)).map((text) => Number(text.slice(2)))).toEqual(ended);
  expect(most).toBe(2);
});

it("after a failure no list begins a step, what runs is awaited, and the failure is thrown", async () => {
  const events: string[] = [];
  const first = async (list: number) => {
    events.push(`begins ${list}`);
    await sleep(30);
    events.push(`ends ${list}`);
  };
  const second = async (list: number) => {
    await sleep(5);
    if (list === 2) throw new Error("list 2");
  };
  const read = async () => {
    for await (const list of inSteps(numbers(9), [first, second])) events.push(`passed ${list}`);
  };
  await expect(read()).rejects.toThrow("list 2");
  const atEnd = [...events];
  await sleep(60);
  expect(events).toEqual(atEnd);
  expect(atEnd.filter((text) => text.startsWith("begins")).length).toBe(
    atEnd.filter((text) => text.startsWith("ends")).length,
  );
  expect(atEnd.filter((text) => text.startsWith("passed"))).toEqual(["passed 1"]);
  expect(atEnd).not.toContain("begins 5");
});

it("lists that are not taken any more begin no other step", async () => {
  const begun: number[] = [];
  for await (const _ of inSteps(numbers(9), [async (list) => void begun.push(list), () => sleep(5)])) break;
  const atEnd = begun.length;
  await sleep(30);
  expect(begun).toHaveLength(atEnd);
  expect(atEnd).toBeLessThan(9);
});
