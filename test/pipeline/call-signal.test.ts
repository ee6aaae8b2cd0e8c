import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { createCallSignal, nativeSignal } from "../../src/core/call-signal.js";

it("aborts once, with its first reason, and tells every listener that is left", () => {
  const { signal, abort } = createCallSignal();
  const told: string[] = [];
  const other = () => told.push("other");
  const first = () => {
    told.push("first");
    signal.removeEventListener("abort", other);
  };
  signal.throwIfAborted();
  expect([signal.aborted, signal.reason]).toEqual([false, undefined]);
  signal.addEventListener("abort", first, { once: true });
  signal.addEventListener("abort", first);
  signal.addEventListener("abort", other);
  signal.addEventListener("abort", { handleEvent: ({ type }) => void told.push(type) });
  signal.addEventListener("timeout", () => told.push("never"));
  abort("gone");
  abort("late");
  signal.addEventListener("abort", other);
  expect(told).toEqual(["first", "abort"]);
  expect([signal.aborted, signal.reason]).toEqual([true, "gone"]);
  expect(() => signal.throwIfAborted()).toThrow("gone");
});

it("is accepted by Node, and as one of several", async () => {
  for (const early of [true, false]) {
    const { signal, abort } = createCallSignal();
    if (early) abort(new Error("gone"));
    const waits = [sleep(5_000, undefined, { signal }), once(process, "never", { signal })];
    const any = AbortSignal.any([nativeSignal(signal), nativeSignal(new AbortController().signal)]);
    if (!early) abort(new Error("gone"));
    for (const wait of waits) await expect(wait).rejects.toMatchObject({ code: "ABORT_ERR" });
    expect(any.reason).toEqual(new Error("gone"));
  }
});
