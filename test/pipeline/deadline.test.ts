import { afterEach, beforeEach, expect, it } from "vitest";
import { DomainError } from "../../src/domain/errors.js";
import { withinDeadline } from "../../src/pipeline/deadline.js";

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
beforeEach(() => void process.on("unhandledRejection", note));
afterEach(() => void process.off("unhandledRejection", note));

const patient = () => ({ signal: new AbortController().signal });
const never = () => new Promise<never>(() => {});

it("gives the result of the work", async () => {
  await expect(withinDeadline(patient(), 1_000, async () => "done")).resolves.toBe("done");
  await expect(withinDeadline(patient(), 1_000, () => Promise.reject(new Error("own")))).rejects.toThrow("own");
});

it("stops at the nearer of the caller's timeout and the server's", async () => {
  await expect(withinDeadline({ ...patient(), timeoutMs: 20 }, 10_000, never)).rejects.toMatchObject({
    reason: "DEADLINE_EXCEEDED",
  });
  await expect(withinDeadline({ ...patient(), timeoutMs: 10_000 }, 20, never)).rejects.toMatchObject({
    reason: "DEADLINE_EXCEEDED",
  });
});

it("tells the work when its time will be up", async () => {
  const left = (timeoutMs: number) =>
    withinDeadline({ ...patient(), timeoutMs }, 10_000, async (_, deadlineMs) => deadlineMs - performance.now());
  expect(await left(5_000)).toBeGreaterThan(4_900);
  expect(await left(5_000)).toBeLessThanOrEqual(5_000);
  expect(await left(60_000)).toBeLessThanOrEqual(10_000);
});

it("does no work for a caller whose time is up or that is gone", async () => {
  const work = async () => expect.unreachable();
  const gone = AbortSignal.abort(new DomainError("CALL_CANCELLED", "gone"));
  await expect(withinDeadline({ ...patient(), timeoutMs: 0 }, 1_000, work)).rejects.toMatchObject({
    reason: "DEADLINE_EXCEEDED",
  });
  await expect(withinDeadline({ signal: gone }, 1_000, work)).rejects.toMatchObject({
    reason: "CALL_CANCELLED",
    message: "gone",
  });
  await expect(withinDeadline({ signal: AbortSignal.abort() }, 1_000, work)).rejects.toMatchObject({
    reason: "CALL_CANCELLED",
  });
});

it("answers a cancel at once with its own reason, and leaves no rejection behind", async () => {
  const caller = new AbortController();
  const call = withinDeadline({ signal: caller.signal }, 1_000, async (signal) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    await new Promise((resolve) => setTimeout(resolve, 20));
    throw new Error("late");
  });
  caller.abort(new DomainError("SHUTTING_DOWN", "stopping"));
  await expect(call).rejects.toMatchObject({ reason: "SHUTTING_DOWN" });
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(unhandled).toEqual([]);
});

it("tells the abort's reason even when the work turns it into an error of its own", async () => {
  const caller = new AbortController();
  const call = withinDeadline({ signal: caller.signal }, 1_000, async (signal) => {
    signal.addEventListener("abort", () => {});
    caller.abort(new DomainError("CALL_CANCELLED", "gone"));
    throw new Error("query cancelled");
  });
  await expect(call).rejects.toMatchObject({ reason: "CALL_CANCELLED" });
});
