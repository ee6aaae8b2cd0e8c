import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import { afterEach, describe, expect, it } from "vitest";
import { type StreamHandlers, streamRegistry } from "../../src/api/rpc.js";
import { DomainError } from "../../src/core/errors.js";
import { ExportCompanyRequestSchema, ExportService } from "../../src/gen/proto/moego/admin/v1/export_service_pb.js";
import { createDrainDeadline } from "../../src/server/pipeline/deadline.js";
import { enveloped } from "./clients.js";
import { callStream, streamTransports } from "./stream-clients.js";
import { authorization, startWorld, type World } from "./world.js";

type Exporting = StreamHandlers<typeof ExportService>["exportCompany"];
type Options = Parameters<typeof startWorld>[0];

let world: World | undefined;
afterEach(async () => {
  await world?.[Symbol.asyncDispose]();
  world = undefined;
});

/** What the stream did, as its handler saw it. */
interface Observed {
  yielded: number;
  hasEnded: boolean;
  reason?: unknown;
}

/** A stream of so many messages, of so many characters each, and then of what `after` does. */
function stream(count: number, { chars = 10, after }: { chars?: number; after?: Exporting } = {}) {
  const observed: Observed = { yielded: 0, hasEnded: false };
  const exportCompany: Exporting = async function* (request, context) {
    try {
      for (let index = 1; index <= count; index += 1) {
        observed.yielded = index;
        yield { table: "customer", text: `${index}`.padEnd(chars, "é"), rows: BigInt(index) };
      }
      if (after) yield* after(request, context);
    } finally {
      observed.hasEnded = true;
      observed.reason = context.signal.reason;
    }
  };
  return { observed, streams: streamRegistry(ExportService, { exportCompany }) };
}

async function started(streams: ReturnType<typeof stream>["streams"], options: Options = {}): Promise<World> {
  world = await startWorld({ services: [ExportService], streams, ...options });
  return world;
}

const failing: Exporting = async function* () {
  yield* [];
  throw new DomainError("EXPORT_EXPIRED", "The export can no longer be continued.");
};
/** Waits for the end of the call, as a statement of the database does. */
const waiting: Exporting = async function* (_, { signal }) {
  yield* [];
  await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
};

describe.each(streamTransports)("a stream over %s", (transport) => {
  it("delivers every message in order, and then its end", async () => {
    const { streams } = stream(50);
    const { messages, refusal, headers } = await callStream(await started(streams), transport);
    expect(refusal).toBeUndefined();
    expect(messages.map(({ rows }) => Number(rows))).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(messages[0]?.text).toBe("1ééééééééé");
    expect(headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("can be empty", async () => {
    const { streams } = stream(0);
    expect(await callStream(await started(streams), transport)).toMatchObject({ messages: [], refusal: undefined });
  });

  it("is refused like any other call before its first message", async () => {
    const { streams, observed } = stream(1);
    const here = await started(streams);
    const unknown = await callStream(here, transport, { authorization: null });
    expect(unknown.refusal).toMatchObject({ code: "UNAUTHENTICATED", reason: "KEY_MISSING" });
    const elsewhere = await callStream(here, transport, { companyId: "cmp_009" });
    expect(elsewhere.refusal).toMatchObject({ code: "PERMISSION_DENIED", reason: "COMPANY_NOT_ALLOWED" });
    expect(observed.yielded).toBe(0);
    if (transport === "rest") expect([unknown.httpStatus, elsewhere.httpStatus]).toEqual([401, 403]);
  });

  it("ends with the error that its handler throws after some messages", async () => {
    const { streams } = stream(3, { after: failing });
    const { messages, refusal } = await callStream(await started(streams), transport);
    expect(messages).toHaveLength(3);
    expect(refusal).toMatchObject({ code: "FAILED_PRECONDITION", reason: "EXPORT_EXPIRED", domain: "moego.api" });
  });

  it("is one line in the log, with its messages and bytes, and counted once", async () => {
    const { streams } = stream(3, { after: failing });
    const here = await started(streams);
    await callStream(here, transport);
    const lines = here.logs.filter(({ rpc }) => rpc === "moego.admin.v1.ExportService/ExportCompany");
    expect(lines).toEqual([
      expect.objectContaining({ code: "FAILED_PRECONDITION", messages: 3, companyId: "cmp_001", keyId: "key_test" }),
    ]);
    expect(lines[0]?.["bytes"]).toBeGreaterThan(3 * 20);
    expect(here.observed).toEqual([expect.objectContaining({ sent: expect.objectContaining({ messages: 3 }) })]);
  });

  it("ends at its time limit", async () => {
    const { streams, observed } = stream(2, { after: waiting });
    const here = await started(streams, { streamLimits: { maxDurationMs: 200, perCompany: 4 } });
    const { messages, refusal } = await callStream(here, transport);
    expect(messages).toHaveLength(2);
    expect(refusal).toMatchObject({ code: "DEADLINE_EXCEEDED", reason: "DEADLINE_EXCEEDED" });
    await expect.poll(() => observed.hasEnded).toBe(true);
  });

  it("ends as SHUTTING_DOWN when the server stops", async () => {
    const { streams, observed } = stream(2, { after: waiting });
    const drainDeadline = createDrainDeadline();
    const here = await started(streams, { drainDeadline });
    const call = callStream(here, transport);
    await expect.poll(() => observed.yielded).toBe(2);
    drainDeadline.expire();
    expect((await call).refusal).toMatchObject({ code: "UNAVAILABLE", reason: "SHUTTING_DOWN" });
  });

  it("ends at once when its client leaves", async () => {
    const { streams, observed } = stream(1, { after: waiting });
    const here = await started(streams);
    const left = new AbortController();
    const call = callStream(here, transport, { signal: left.signal, onMessage: () => left.abort() });
    await call.catch(() => {});
    await expect.poll(() => observed.hasEnded).toBe(true);
    expect(observed.reason).toMatchObject({ reason: "CALL_CANCELLED" });
    expect(here.logs).toEqual([expect.objectContaining({ code: "CANCELLED", messages: 1 })]);
  });
});

it("refuses more streams of a company than it may have, until one of them ends", async () => {
  const { streams, observed } = stream(1, { after: waiting });
  const here = await started(streams, { streamLimits: { maxDurationMs: 60_000, perCompany: 1 } });
  const left = new AbortController();
  const first = callStream(here, "rest", { signal: left.signal }).catch(() => {});
  await expect.poll(() => observed.yielded).toBe(1);
  const second = await callStream(here, "grpc");
  expect(second.refusal).toMatchObject({ code: "UNAVAILABLE", reason: "OVERLOADED" });
  left.abort();
  await first;
  await expect.poll(() => observed.hasEnded).toBe(true);
  const third = callStream(here, "rest", { signal: AbortSignal.timeout(300) }).catch(() => "left");
  expect(await third).toBe("left");
});

/** More than the buffers of both sockets and of both programs hold. */
const manyMessages = { count: 100_000, chars: 20_000 };

describe("a client that stops reading", () => {
  it.each(["rest", "grpc"] as const)("does not make the memory of the server grow, over %s", async (transport) => {
    const { streams, observed } = stream(manyMessages.count, manyMessages);
    const here = await started(streams);
    const stop = transport === "grpc" ? await readOneOverGrpc(here) : await readOneOverRest(here);
    await expect.poll(() => observed.yielded, { timeout: 5_000 }).toBeGreaterThan(0);
    await settled(() => observed.yielded);
    // 40 MB of messages; the sockets of this machine hold some megabytes.
    expect(observed.yielded).toBeLessThan(1_000);
    stop();
    await expect.poll(() => observed.hasEnded).toBe(true);
  });

  it.each(["rest", "grpc"] as const)("loses its stream after a while, over %s", async (transport) => {
    const { streams, observed } = stream(manyMessages.count, manyMessages);
    const here = await started(streams, {
      streamLimits: { maxDurationMs: 60_000, perCompany: 4, stalledMs: 300 },
    });
    const stop = transport === "grpc" ? await readOneOverGrpc(here) : await readOneOverRest(here);
    await expect.poll(() => observed.hasEnded, { timeout: 5_000 }).toBe(true);
    expect(here.logs).toEqual([expect.objectContaining({ code: "CANCELLED" })]);
    stop();
  });
});

async function readOneOverRest(here: World): Promise<() => void> {
  const socket = connect(here.httpPort, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(
    `POST /v1/admin/companies/cmp_001:export HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\n` +
      "content-type: application/json\r\ncontent-length: 2\r\n\r\n{}",
  );
  await new Promise((resolve) => socket.once("readable", resolve));
  return () => socket.destroy();
}

/** Not by grpc-js, whose client takes messages that nobody reads. */
async function readOneOverGrpc(here: World): Promise<() => void> {
  const session = connectHttp2(`http://127.0.0.1:${here.grpcPort}`);
  session.on("error", () => {});
  const call = session.request({
    ...{ ":method": "POST", ":path": "/moego.admin.v1.ExportService/ExportCompany" },
    ...{ "content-type": "application/grpc", te: "trailers", authorization },
  });
  call.on("error", () => {});
  call.end(
    enveloped(toBinary(ExportCompanyRequestSchema, create(ExportCompanyRequestSchema, { companyId: "cmp_001" }))),
  );
  await new Promise((resolve) => call.once("response", resolve));
  return () => session.destroy();
}

/** Waits until the value no longer changes. */
async function settled(value: () => number): Promise<void> {
  for (let before = -1; before !== value(); ) {
    before = value();
    await sleep(300);
  }
}

it.each(["application/json", "application/proto"])("is refused as a unary call of Connect: %s", async (contentType) => {
  const { streams } = stream(1);
  const here = await started(streams);
  const response = await fetch(`${here.url}/moego.admin.v1.ExportService/ExportCompany`, {
    method: "POST",
    headers: { "content-type": contentType, authorization },
    body: "{}",
  });
  expect(response.status).toBe(415);
});
