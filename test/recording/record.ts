import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { afterAll, it, vi } from "vitest";
import { isReadOnly } from "../../src/server/pipeline/contract.js";
import { entryOf } from "../resources/all-entries.js";
import { allRpcs } from "../resources/all-rpcs.js";
import type { RpcEntry } from "../resources/entry.js";
import { nameOf, withTexts } from "../resources/method.js";
import { ableKey } from "../support/able-key.js";
import type { Headers } from "../support/answer.js";
import { jsonOf, type Transport, transports } from "../support/clients.js";
import { authorizationOf, keys } from "../support/fixture-keys.js";
import { startServer, type TestServer } from "../support/server.js";
import { badRequestsOf, variedRequestsOf, withPath } from "./requests.js";
import { importStatements, type NamedText, textsByName } from "./statements.js";
import { steady } from "./steady.js";
import { openWire, type WireAnswer } from "./wire.js";

/*
 * Records what every rpc answers, good requests and bad ones, on every transport, and the text of every statement:
 *
 *     RECORD_TO=/tmp/before npx vitest run
 *
 * Two builds that behave the same record the same bytes, so that `diff -r` shows what a change has changed.
 */
const folder = process.env["RECORD_TO"];
if (!folder) throw new Error("RECORD_TO names no folder");

const named = vi.hoisted((): NamedText[] => []);

vi.mock(import("../../src/db/statement.js"), async (original) => {
  const { listing } = await import("./statements.js");
  return listing(await original(), named);
});

afterAll(async () => {
  await importStatements();
  for (const [name, text] of textsByName(named)) await write(join("statements", `${name}.sql`), text);
});

it.each(allRpcs.map((method) => [nameOf(method), method] as const))(
  "records %s",
  { timeout: 600_000 },
  async (name, method) => {
    const server = await startServer({ environment: { PUBLIC_BASE_URL: "https://moego.example.com" } });
    try {
      const answers = await answersOf(server, entryOf(method));
      await write(join("answers", `${name}.json`), `${JSON.stringify(answers, null, 1)}\n`);
    } finally {
      await server.stop();
    }
  },
);

type Answers = Record<string, JsonValue>;

/** In one order, so that what the calls leave behind is the same every time. */
async function answersOf(server: TestServer, { method, request, foreignIds }: RpcEntry): Promise<Answers> {
  using wire = openWire(server.app);
  const answers: Answers = {};
  const able = ableKey(method);
  const good = async () => jsonOf(method.input, await request(server));
  const send = async (name: string, json: JsonObject, transport: Transport, more: Headers = {}) => {
    const headers = { authorization: authorizationOf(able), "x-request-id": "request-of-the-record", ...more };
    const sent = transport === "rest" ? withPath(method, json, await good()) : json;
    const answer = await wire.send(transport, method, sent, headers);
    if (answer) answers[`${name}, ${transport}`] = told(answer);
    return answer;
  };

  for (const transport of transports) await send("good", await good(), transport);
  for (const transport of transports) await send("no key", await good(), transport, { authorization: "" });
  for (const key of [keys.businessA1, keys.enterprise]) {
    await send(`good by ${key.id}`, await good(), "grpc", { authorization: authorizationOf(key) });
  }
  const repeated = await good();
  for (const time of ["first", "second"]) await send(`${time} time`, repeated, "grpc", { "idempotency-key": "once" });
  for (const [field, id] of Object.entries(foreignIds)) {
    const json = jsonOf(method.input, withTexts(method.input, await request(server), { [field]: id }));
    for (const transport of ["grpc", "rest"] as const) await send(`${field} of another company`, json, transport);
  }
  for (const { name, madeOf } of badRequestsOf(method)) {
    for (const transport of transports) await send(name, madeOf(await good()), transport);
  }
  for (const { name, madeOf } of variedRequestsOf(method)) {
    const json = madeOf(await good());
    await send(name, json, "grpc");
    if (!isReadOnly(method)) continue;
    await send(`${name} by ${keys.businessA1.id}`, json, "grpc", { authorization: authorizationOf(keys.businessA1) });
    await pages(name, json);
  }
  return answers;

  /** Two pages of one item. */
  async function pages(name: string, json: JsonObject): Promise<void> {
    if (!method.input.fields.some((field) => field.name === "pagination")) return;
    const first = await send(`${name}, page 1`, { ...json, pagination: { pageSize: 1 } }, "grpc");
    const pageToken = nextPageTokenIn(first?.message);
    if (pageToken) await send(`${name}, page 2`, { ...json, pagination: { pageSize: 1, pageToken } }, "grpc");
  }
}

function told({ status, headers, message, refusal }: WireAnswer): JsonValue {
  return steady({
    status,
    headers: { ...headers },
    ...(message === undefined ? {} : { message }),
    ...(refusal ? { refusal: { ...refusal, details: [...refusal.details] } } : {}),
  });
}

function nextPageTokenIn(message: JsonValue | undefined): string {
  return /"nextPageToken":"([^"]+)"/.exec(JSON.stringify(message ?? null))?.[1] ?? "";
}

async function write(path: string, text: string): Promise<void> {
  const file = join(folder ?? "", path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
