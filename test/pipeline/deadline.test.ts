import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DomainError } from "../../src/core/errors.js";
import { createDrainDeadline, outcomeGraceMs, withinDeadline } from "../../src/server/pipeline/deadline.js";

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
beforeEach(() => void process.on("unhandledRejection", note));
afterEach(() => void process.off("unhandledRejection", note));

const patient = () => ({ signal: new AbortController().signal });
const never = () => new Promise<never>(() => {});

it("gives the result of the work", async () => {
  await expect(withinDeadline(patient(), { maxDurationMs: 1_000 }, async () => "done")).resolves.toBe("done");
  await expect(
    withinDeadline(patient(), { maxDurationMs: 1_000 }, () => Promise.reject(new Error("own"))),
  ).rejects.toThrow("own");
});

it("stops at the nearer of the caller's timeout and the server's", async () => {
  await expect(withinDeadline({ ...patient(), timeoutMs: 20 }, { maxDurationMs: 10_000 }, never)).rejects.toMatchObject(
    {
      reason: "DEADLINE_EXCEEDED",
    },
  );
  await expect(withinDeadline({ ...patient(), timeoutMs: 10_000 }, { maxDurationMs: 20 }, never)).rejects.toMatchObject(
    {
      reason: "DEADLINE_EXCEEDED",
    },
  );
});

it("tells the work when its time will be up", async () => {
  const left = (timeoutMs: number) =>
    withinDeadline(
      { ...patient(), timeoutMs },
      { maxDurationMs: 10_000 },
      async (_, deadlineMs) => deadlineMs - performance.now(),
    );
  expect(await left(5_000)).toBeGreaterThan(4_900);
  expect(await left(5_000)).toBeLessThanOrEqual(5_000);
  expect(await left(60_000)).toBeLessThanOrEqual(10_000);
});

it("does no work for a caller whose time is up or that is gone", async () => {
  const work = async () => expect.unreachable();
  const gone = AbortSignal.abort(new DomainError("CALL_CANCELLED", "gone"));
  await expect(withinDeadline({ ...patient(), timeoutMs: 0 }, { maxDurationMs: 1_000 }, work)).rejects.toMatchObject({
    reason: "DEADLINE_EXCEEDED",
  });
  await expect(withinDeadline({ signal: gone }, { maxDurationMs: 1_000 }, work)).rejects.toMatchObject({
    reason: "CALL_CANCELLED",
    message: "gone",
  });
  await expect(withinDeadline({ signal: AbortSignal.abort() }, { maxDurationMs: 1_000 }, work)).rejects.toMatchObject({
    reason: "CALL_CANCELLED",
  });
});

it("answers a cancel at once with its own reason, and leaves no rejection behind", async () => {
  const caller = new AbortController();
  const call = withinDeadline({ signal: caller.signal }, { maxDurationMs: 1_000 }, async (signal) => {
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
  const call = withinDeadline({ signal: caller.signal }, { maxDurationMs: 1_000 }, async (signal) => {
    signal.addEventListener("abort", () => {});
    caller.abort(new DomainError("CALL_CANCELLED", "gone"));
    throw new Error("query cancelled");
  });
  await expect(call).rejects.toMatchObject({ reason: "CALL_CANCELLED" });
});

describe("a stopping server that gives up its calls", () => {
  it("tells of the call that ends although it was cut off, that it ended", async () => {
    const drainDeadline = createDrainDeadline();
    const call = withinDeadline(patient(), { maxDurationMs: 1_000, drainDeadline }, async (signal) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return "stored";
    });
    drainDeadline.expire();
    await expect(call).resolves.toBe("stored");
  });

  it("says SHUTTING_DOWN to the call whose work heeds its signal, and to every later one", async () => {
    const drainDeadline = createDrainDeadline();
    const call = withinDeadline(patient(), { maxDurationMs: 1_000, drainDeadline }, (signal) => {
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });
    drainDeadline.expire();
    await expect(call).rejects.toMatchObject({ reason: "SHUTTING_DOWN" });
    const late = withinDeadline(patient(), { maxDurationMs: 1_000, drainDeadline }, async () => expect.unreachable());
    await expect(late).rejects.toMatchObject({ reason: "SHUTTING_DOWN" });
  });

  it("says OUTCOME_UNKNOWN to the call that may have had effects elsewhere, though its work heeds its signal", async () => {
    const drainDeadline = createDrainDeadline();
    const call = withinDeadline(patient(), { maxDurationMs: 1_000, drainDeadline, actsElsewhere: true }, (signal) => {
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });
    drainDeadline.expire();
    await expect(call).rejects.toMatchObject({ reason: "OUTCOME_UNKNOWN" });
  });

  it("hands on that a write may have taken effect", async () => {
    const drainDeadline = createDrainDeadline();
    const lost = new DomainError("OUTCOME_UNKNOWN", "lost");
    const call = withinDeadline(patient(), { maxDurationMs: 1_000, drainDeadline }, (signal) => {
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(lost)));
    });
    drainDeadline.expire();
    await expect(call).rejects.toBe(lost);
  });

  it.each([
    [true, "SHUTTING_DOWN"],
    [false, "OUTCOME_UNKNOWN"],
  ])("waits a moment for work that heeds nothing; may it be repeated: %s, %s", async (isRepeatable, reason) => {
    const drainDeadline = createDrainDeadline();
    const call = withinDeadline(patient(), { maxDurationMs: 1_000, drainDeadline, isRepeatable }, never);
    const cutAt = performance.now();
    drainDeadline.expire();
    await expect(call).rejects.toMatchObject({ reason });
    expect(performance.now() - cutAt).toBeGreaterThanOrEqual(outcomeGraceMs - 5);
  });
});
