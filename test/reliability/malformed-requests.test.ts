import { type DescMethodUnary, type Message, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { rpcEntries } from "../resources/all-entries.js";
import type { RpcEntry } from "../resources/entry.js";
import { ableKey } from "../support/able-key.js";
import { jsonOf, type Transport, transports } from "../support/clients.js";
import { authorizationOf } from "../support/fixture-keys.js";
import { restRequestOf } from "../support/rest-request.js";
import { startServer } from "../support/server.js";
import { malformedFields, mutated } from "./malformed-bytes.js";
import { malformedJson } from "./malformed-json.js";
import { enveloped, openRawCalls, type RawRequest } from "./raw-calls.js";
import { startObserved } from "./real-service.js";
import { randomOf, record, times } from "./run.js";

/** Makes good requests; the malformed ones go to a process of its own over the same database. */
const server = await startServer();
const service = await startObserved(server.database);
const calls = openRawCalls(service);
afterAll(async () => {
  calls[Symbol.dispose]();
  await service.stop();
  await server.stop();
});

const random = randomOf("F1");
const inFlight = 16;
const mebibyte = 1024 * 1024;

/** Codes that say that the service is at fault, or that it said nothing. */
const isFault = (code: string) => /^(INTERNAL|UNKNOWN|DATA_LOSS|UNAVAILABLE|DEADLINE_EXCEEDED|NO_ANSWER)/.test(code);

interface Case {
  readonly raw: RawRequest;
  readonly code: string;
}

it("F1: a malformed request is refused as such, and costs no memory", async (context) => {
  const count = times({ short: 5_000, long: 100_000 });
  // Until every RPC was called over every transport, codecs and Prisma are still being loaded: of 11,250 requests all but
  // 13 MiB of the growth was in the first 2,500.
  const warm = await fuzz(Math.min(5_000, count / 2));
  const before = await service.held();
  const rest = await fuzz(count - warm.length);
  const after = await service.held();
  const cases = [...warm, ...rest];
  const faults = cases.filter(({ code }) => isFault(code));
  const grown = (after.rssBytes - before.rssBytes) / mebibyte;
  record(context, {
    id: "F1",
    done: `${cases.length} malformed requests to ${rpcEntries.length} RPCs over ${transports.length} transports`,
    seen: `${tally(cases)}; ${faults.length} failures; the process ${service.runs() ? "runs" : "exited"}; memory grew by ${grown.toFixed(0)} MiB`,
    must: "0 INTERNAL, UNKNOWN or without a response, 0 crashes or unhandled rejections, at most 64 MiB more",
  });
  expect(faults.map(told)).toEqual([]);
  expect(service.runs()).toBe(true);
  expect(grown).toBeLessThanOrEqual(64);
  // Else nothing but the doors would have been tried.
  expect(cases.filter(({ code }) => code === "OK").length).toBeGreaterThan(count / 50);
});

it("F1 control: a handler that fails is seen on every transport", async (context) => {
  await server.database.owner.query("ALTER TABLE customer RENAME COLUMN first_name TO first_name_gone");
  const ofCustomers = rpcEntries.filter(({ method }) => method.parent.typeName.endsWith(".CustomerService"));
  const cases = await fuzz(20 * transports.length * ofCustomers.length, ofCustomers);
  await server.database.owner.query("ALTER TABLE customer RENAME COLUMN first_name_gone TO first_name");
  const seen = new Set(cases.filter(({ code }) => code === "INTERNAL").map(({ raw }) => raw.transport));
  record(context, {
    id: "F1 control",
    done: `${cases.length} malformed requests while a column is missing`,
    seen: `INTERNAL on ${seen.size} transports`,
    must: `INTERNAL on ${transports.length}`,
  });
  expect([...seen].toSorted()).toEqual([...transports].toSorted());
});

/** Sends about as many requests as asked, the same number to every rpc on every transport. */
async function fuzz(count: number, entries: readonly RpcEntry[] = rpcEntries): Promise<Case[]> {
  const cases: Case[] = [];
  while (cases.length < count) {
    const round: RawRequest[] = [];
    for (const { method, request } of entries) {
      const good = await request(server).catch(() => undefined);
      if (good) for (const transport of transports) round.push(malformed(transport, method, good));
    }
    const waiting = round.slice(0, count - cases.length);
    const work = async () => {
      for (let raw = waiting.pop(); raw; raw = waiting.pop()) cases.push({ raw, code: await calls.send(raw) });
    };
    await Promise.all(Array.from({ length: inFlight }, work));
  }
  return cases;
}

function malformed(transport: Transport, method: DescMethodUnary, good: Message): RawRequest {
  const headers = { authorization: authorizationOf(ableKey(method)), ...strangeHeaders(transport) };
  const raw = { transport, method, headers };
  const json = jsonOf(method.input, good);
  switch (transport) {
    case "grpc":
    case "grpc-web":
      return { ...raw, body: malformedEnvelope(malformedMessage(method, good)) };
    case "connect-binary":
      return { ...raw, body: malformedMessage(method, good) };
    case "connect-json":
      return { ...raw, body: malformedText(method, good) };
    case "rest": {
      const { verb, target, body } = restRequestOf(method, json);
      return {
        ...raw,
        verb,
        target: malformedTarget(target),
        body: body ? malformedText(method, good) : Buffer.alloc(0),
      };
    }
    default:
      throw new Error(`no such transport: ${transport satisfies never}`);
  }
}

function malformedMessage(method: DescMethodUnary, good: Message): Uint8Array {
  const whole = toBinary(method.input, good);
  const more = Buffer.concat([whole, malformedFields(method.input, random)]);
  return random.below(2) === 0 ? more : mutated(random.below(2) === 0 ? whole : more, random);
}

function malformedText(method: DescMethodUnary, good: Message): Uint8Array {
  const json = jsonOf(method.input, good);
  const [text = ""] = fc.sample(malformedJson(method.input, json), { numRuns: 1, seed: random.below(2 ** 31) });
  const bytes = Buffer.from(text);
  return random.below(6) === 0 ? mutated(bytes, random) : bytes;
}

function malformedEnvelope(message: Uint8Array): Uint8Array {
  const whole = enveloped(message);
  if (random.below(8) > 0) return whole;
  return random.below(2) === 0 ? Buffer.concat([whole, whole]) : mutated(whole, random);
}

function malformedTarget(target: string): string {
  const parts = target.split("/");
  const place = 2 + random.below(Math.max(1, parts.length - 2));
  const strange = ["%00", "%zz", "%ED%A0%80", "%C3%28", "..", "%2e%2e", "%2F", "a".repeat(3_000), ":", "%F0%9F%90%B6"];
  if (random.below(4) === 0) return parts.toSpliced(place, 1, random.pick(strange)).join("/");
  if (random.below(3) > 0) return target;
  const queries = [
    "companyId=1&companyId=2",
    "pagination.pageSize=9e99",
    "%ff=1",
    "a[b]=c",
    "__proto__=1",
    "id=%00",
    "filter={}",
  ];
  return `${target}${target.includes("?") ? "&" : "?"}${random.pick(queries)}`;
}

function strangeHeaders(transport: Transport): Readonly<Record<string, string>> {
  if (random.below(12) > 0) return {};
  // To gRPC another type means another protocol, whose answers it would not understand.
  if (!transport.startsWith("grpc") && random.below(10) === 0) {
    return { "content-type": "application/json; charset=utf-16" };
  }
  return random.pick([
    { "idempotency-key": "k".repeat(300) },
    { "idempotency-key": "\u00e9" },
    { "moego-company": "cmp_z" },
    { "content-encoding": "gzip" },
    { "content-encoding": "zstd" },
    { "grpc-encoding": "gzip" },
    { "grpc-timeout": "99999999999H" },
    { "connect-timeout-ms": "-1" },
    { "connect-protocol-version": "7" },
    { "x-request-id": "<script>" },
    { "x-forwarded-for": "::ffff:0:0:0:999" },
  ]);
}

function tally(cases: readonly Case[]): string {
  const counts = new Map<string, number>();
  for (const { code } of cases) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([code, count]) => `${count} ${code}`)
    .join(", ");
}

function told({ raw: { transport, method, body, target, headers }, code }: Case): string {
  const text = Buffer.from(body).toString(transport === "rest" || transport === "connect-json" ? "utf8" : "base64");
  return `${code} ${transport} ${method.name} ${target ?? ""} ${text.slice(0, 400)} ${JSON.stringify(headers)}`;
}
