import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createOutbound, type Outbound } from "../../src/outbound/outbound-calls.js";
import { type ExternalSystem, startExternalSystem } from "../support/external-system.js";
import { timed } from "../support/timed.js";
import { never, requestTo } from "./request.js";

let system: ExternalSystem;
const unhandled: unknown[] = [];
const note = (reason: unknown) => void unhandled.push(reason);

beforeAll(async () => {
  process.on("unhandledRejection", note);
  system = await startExternalSystem();
});
afterAll(async () => {
  await system[Symbol.asyncDispose]();
  process.off("unhandledRejection", note);
});
afterEach(async () => {
  await sleep(10);
  expect(unhandled).toEqual([]);
});

function open(options: { readonly breakerOpenMs?: number; readonly connectTimeoutMs?: number } = {}): Outbound {
  return createOutbound({ allow: new Set([system.hostPort]), ...options });
}

function to(path: string, changes: Parameters<typeof requestTo>[1] = {}) {
  return requestTo(`${system.origin}/${path}`, changes);
}

async function failuresOf(calls: Outbound, paths: readonly string[]): Promise<string[]> {
  const results: string[] = [];
  for (const path of paths) {
    const result = await calls.call(to(path, { timeoutMs: path === "slow" ? 100 : 5_000 }), never);
    results.push(result.kind === "failed" ? result.failure : String(result.status));
  }
  return results;
}

describe("the breaker of an API", () => {
  it("opens after five failures in a row, sends nothing while it is open, and closes after one good probe", async () => {
    await using calls = open({ breakerOpenMs: 1_000 });
    const ill = ["reset", "status/500", "slow", "bad-chunks", "status/503"];
    expect(await failuresOf(calls, ill)).toEqual(["CONNECTION_LOST", "500", "TIMEOUT", "ANSWER_MALFORMED", "503"]);
    const before = system.requests.length;
    expect(await failuresOf(calls, ["normal", "normal"])).toEqual(["BREAKER_OPEN", "BREAKER_OPEN"]);
    expect(system.requests.length).toBe(before);
    await sleep(1_050);
    // One probe goes out; who comes meanwhile is refused at once instead of waiting for it.
    const [probe, meanwhile] = await Promise.all([calls.call(to("normal"), never), calls.call(to("normal"), never)]);
    expect([probe, meanwhile]).toMatchObject([{ status: 200 }, { failure: "BREAKER_OPEN", durationMs: 0 }]);
    expect(await failuresOf(calls, ["normal"])).toEqual(["200"]);
  });

  it("opens again when the probe fails, or is given up by its caller", async () => {
    await using calls = open({ breakerOpenMs: 1_000 });
    const ill = Array.from({ length: 5 }, () => "close");
    await failuresOf(calls, ill);
    await sleep(1_050);
    expect(await failuresOf(calls, ["close", "normal"])).toEqual(["CONNECTION_LOST", "BREAKER_OPEN"]);
    await sleep(1_050);
    await expect(calls.call(to("slow"), AbortSignal.timeout(20))).rejects.toThrow();
    expect(await failuresOf(calls, ["normal"])).toEqual(["BREAKER_OPEN"]);
    await sleep(1_050);
    expect(await failuresOf(calls, ["normal", "close"])).toEqual(["200", "CONNECTION_LOST"]);
  });

  it("counts only failures in a row, and only those of an ill system", async () => {
    await using calls = open();
    const four = ["close", "close", "close", "close"];
    expect(await failuresOf(calls, [...four, "normal", ...four, "status/404", "normal"])).not.toContain("BREAKER_OPEN");
    expect(
      await failuresOf(
        calls,
        Array.from({ length: 8 }, () => "huge"),
      ),
    ).not.toContain("BREAKER_OPEN");
    for (let i = 0; i < 8; i += 1) await calls.call(to("slow"), AbortSignal.timeout(5)).catch(() => {});
    expect(await failuresOf(calls, ["normal"])).toEqual(["200"]);
  });

  it("is that of one version: what was changed is called at once", async () => {
    await using calls = open();
    await failuresOf(calls, ["close", "close", "close", "close", "close"]);
    expect(await failuresOf(calls, ["normal"])).toEqual(["BREAKER_OPEN"]);
    expect(await calls.call(to("normal", { version: "2" }), never)).toMatchObject({ status: 200 });
  });

  it("is its own: another API, or the same id in another company, is called on", async () => {
    await using calls = open();
    await failuresOf(
      calls,
      Array.from({ length: 5 }, () => "close"),
    );
    expect(await calls.call(to("normal"), never)).toMatchObject({ failure: "BREAKER_OPEN" });
    expect(await calls.call(to("normal", { externalApiId: "api_b" }), never)).toMatchObject({ status: 200 });
    expect(await calls.call(to("normal", { companyId: "cmp_b" }), never)).toMatchObject({ status: 200 });
  });
});

describe("the calls of a company", () => {
  it("are at most 50 at a time: the 51st is refused at once, another company's is not", async () => {
    await using calls = open();
    const callers = Array.from({ length: 50 }, () => new AbortController());
    const before = system.requests.length;
    const fifty = callers.map(({ signal }) => calls.call(to("slow"), signal));
    await expect.poll(() => system.requests.length).toBe(before + 50);
    expect(await calls.call(to("normal"), never)).toEqual({ kind: "failed", failure: "TOO_MANY_CALLS", durationMs: 0 });
    expect(await calls.call(to("normal", { companyId: "cmp_b" }), never)).toMatchObject({ status: 200 });
    for (const caller of callers) caller.abort(new Error("hung up"));
    const ended = await Promise.allSettled(fifty);
    expect(ended.every((one) => one.status === "rejected" && one.reason.message === "hung up")).toBe(true);
    expect(await calls.call(to("normal"), never)).toMatchObject({ status: 200 });
  });
});

const nodeMajor = Number(process.versions.node.split(".")[0]);

describe("many calls at once", () => {
  it("leave no listeners behind that Node warns of; on a signal that they shared they would", async () => {
    const warnings: string[] = [];
    const note = ({ name }: Error) => warnings.push(name);
    process.on("warning", note);
    await using calls = open();
    const moods = ["normal", "coded/gzip", "huge", "reset", "half-body"];
    const callAll = (signalOf: () => AbortSignal) =>
      Promise.all(
        Array.from({ length: 40 }, (_, number) =>
          calls.call(to(moods[number % 5] ?? "", { externalApiId: `api_${number}` }), signalOf()),
        ),
      );
    await callAll(() => new AbortController().signal);
    await sleep(20);
    expect(warnings).toEqual([]);
    const { signal } = new AbortController();
    await callAll(() => signal);
    await sleep(20);
    // Node 24 and later have no limit of listeners on an abort signal.
    expect(warnings).toEqual(nodeMajor < 24 ? ["MaxListenersExceededWarning"] : []);
    process.off("warning", note);
  });
});

describe("a time limit", () => {
  it.each(["slow", "drip"])("covers everything: %s", timed, async (path) => {
    await using calls = open();
    const startedAt = performance.now();
    expect(await calls.call(to(path, { timeoutMs: 200 }), never)).toMatchObject({ failure: "TIMEOUT" });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it("covers a name that is never resolved, and has a shorter one for connecting", timed, async () => {
    const resolve = () => new Promise<never>(() => {});
    const allow = new Set<string>();
    await using patient = createOutbound({ allow, resolve });
    const request = requestTo("https://slow.example.com/", { timeoutMs: 100 });
    expect(await patient.call(request, never)).toMatchObject({ failure: "TIMEOUT" });
    await using brisk = createOutbound({ allow, resolve, connectTimeoutMs: 100 });
    const startedAt = performance.now();
    expect(await brisk.call({ ...request, timeoutMs: 10_000 }, never)).toMatchObject({ failure: "TIMEOUT" });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});

it("gives an answer all its time once it is connected, however short the time for connecting", timed, async () => {
  await using calls = open({ connectTimeoutMs: 500 });
  expect(await calls.call(to("late"), never)).toMatchObject({ status: 200 });
});

describe("a caller that gives up", () => {
  it.each(["slow", "drip"])("gets its own reason at once, and the connection is closed: %s", timed, async (path) => {
    await using calls = open();
    const ending = new AbortController();
    const call = calls.call(to(path), ending.signal);
    await expect.poll(() => system.openConnections()).toBe(1);
    const startedAt = performance.now();
    ending.abort(new Error("the caller hung up"));
    await expect(call).rejects.toThrow("the caller hung up");
    expect(performance.now() - startedAt).toBeLessThan(500);
    await expect.poll(() => system.openConnections()).toBe(0);
  });

  it("before the call sends nothing", async () => {
    await using calls = open();
    const before = system.requests.length;
    await expect(calls.call(to("normal"), AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone");
    expect(system.requests.length).toBe(before);
  });
});

describe("an end of the service", () => {
  it("ends what is under way as CONNECTION_LOST and leaves no connection", async () => {
    const calls = open();
    const call = calls.call(to("slow"), never);
    await expect.poll(() => system.openConnections()).toBe(1);
    await calls[Symbol.asyncDispose]();
    expect(await call).toMatchObject({ failure: "CONNECTION_LOST" });
    await expect.poll(() => system.openConnections()).toBe(0);
    expect(await calls.call(to("normal"), never)).toMatchObject({ failure: "CONNECTION_LOST" });
  });
});

describe("a bomb", () => {
  it("that never becomes anything is ended by the bytes that it takes to send", async () => {
    await using calls = open();
    expect(await calls.call(to("coded/nothing", { timeoutMs: 3_000 }), never)).toMatchObject({
      failure: "ANSWER_TOO_LARGE",
    });
  });

  it("of 256 MiB costs a small part of it", async () => {
    await using calls = open();
    const before = process.memoryUsage().rss;
    for (const path of ["bomb/gzip", "bomb/deflate", "bomb/br"]) {
      expect(await calls.call(to(path), never)).toMatchObject({ failure: "ANSWER_TOO_LARGE" });
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });
});

describe("a request that HTTP cannot carry", () => {
  it.each([
    { headers: [["x-a", "b\r\nx-injected: c"]] as const },
    { headers: [["transfer-encoding", "chunked"]] as const },
    { headers: [["bad name", "a"]] as const },
    { method: "GET / HTTP/1.1\r\nx" },
  ])("is a fault of whoever built it, and tells nothing: %j", async (changes) => {
    await using calls = open();
    await expect(calls.call(to("normal", changes), never)).rejects.toThrow(
      new TypeError("The request cannot be sent over HTTP."),
    );
  });
});
