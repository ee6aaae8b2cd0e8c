import type { DescMessage, DescMethodUnary, MessageInitShape } from "@bufbuild/protobuf";
import type pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { ExternalApi_Method as Method } from "../../src/gen/proto/moego/callcenter/v1/external_api_pb.js";
import { ExternalApiService } from "../../src/gen/proto/moego/callcenter/v1/external_api_service_pb.js";
import { transports } from "../support/clients.js";
import { startExternalSystem } from "../support/external-system.js";
import { newExternalApi } from "../support/new-external-api.js";
import { startServer } from "../support/server.js";

const system = await startExternalSystem();
const other = await startExternalSystem();
const lines: string[] = [];
const log = { write: (line: string) => void lines.push(line) };
const environment = { EXTERNAL_API_ALLOW: `${system.hostPort},${other.hostPort}`, LOG_LEVEL: "trace" };
const server = await startServer({ environment, log });
afterAll(async () => {
  await server.stop();
  await Promise.all([system, other].map((one) => one[Symbol.asyncDispose]()));
});

const rpc = ExternalApiService.method;
const companyId = "cmp_a";
const secret = "zq-secret-of-the-tests-0123456789";
const header = { name: "Authorization", secretValue: `Bearer ${secret}` };
const kept = { name: "authorization", isSecret: true };
const echoed = { name: "echoed", path: "$.headers.authorization" };
const echo = newExternalApi({ url: `${system.origin}/echo`, headers: [header], outputParams: [echoed] });

const make = async (more: object = {}) => {
  const { externalApi } = await server.ok(rpc.createExternalApi, { ...echo, ...more });
  return { companyId, id: externalApi?.id ?? "" };
};

/** Everything that came over the wire of an answer or a refusal, base64 opened. */
async function shown<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  request: MessageInitShape<I>,
): Promise<string> {
  const answers = await Promise.all(transports.map((transport) => server.call(method, request, { transport })));
  return answers
    .map((answer) => JSON.stringify(answer, (_, value) => (typeof value === "bigint" ? String(value) : value)))
    .join("\n");
}

describe("a secret", () => {
  it("reaches the other system, and stands in no answer, error, log line or table", async () => {
    const api = await make();
    await server.ok(rpc.invokeExternalApi, api);
    expect(system.requests.at(-1)?.headers.authorization).toBe(header.secretValue);
    const texts = [
      await shown(rpc.createExternalApi, echo),
      await shown(rpc.createExternalApi, { ...echo, id: api.id }),
      await shown(rpc.createExternalApi, { ...echo, headers: [{ name: "X", value: "y", secretValue: `${secret}\n` }] }),
      await shown(rpc.createExternalApi, { ...echo, headers: [{ name: secret.repeat(9), secretValue: secret }] }),
      await shown(rpc.updateExternalApi, { ...api, headers: { items: [header] } }),
      await shown(rpc.updateExternalApi, { ...api, headers: { items: [header, { ...header, name: "Host" }] } }),
      await shown(rpc.getExternalApi, api),
      await shown(rpc.listExternalApis, { companyId, pagination: { pageSize: 500 } }),
      await shown(rpc.testExternalApi, api),
      await shown(rpc.invokeExternalApi, api),
      await shown(rpc.archiveExternalApi, api),
      await shown(rpc.invokeExternalApi, api),
      await shown(rpc.restoreExternalApi, api),
    ];
    for (const text of texts) expect(text.replaceAll(`${secret.repeat(9)}`, "")).not.toContain(secret);
    expect(texts.join()).toContain("***");
    expect(lines.length).toBeGreaterThan(40);
    expect(lines.join("\n")).not.toContain(secret);
    expect(await dump()).not.toContain(secret);
  });

  it("is named as changed in the audit log, without its header", async () => {
    const api = await make();
    await server.ok(rpc.updateExternalApi, { ...api, headers: { items: [{ ...header, secretValue: `${secret}-2` }] } });
    const { rows } = await server.database.owner.query(
      "SELECT changed_fields AS fields FROM change WHERE resource_id = $1 ORDER BY version DESC LIMIT 1",
      [api.id],
    );
    expect(rows).toEqual([{ fields: ["secrets"] }]);
  });

  it("is found by that search where it does stand: the other system's own record and a plain header", async () => {
    const api = await make({ headers: [{ name: "X-Plain", value: secret }] });
    expect(await shown(rpc.getExternalApi, api)).toContain(secret);
    expect(await dump()).toContain(secret);
    expect(JSON.stringify(system.requests)).toContain(secret);
    await server.ok(rpc.updateExternalApi, { ...api, headers: {} });
  });

  it("is hidden where the other system sends it back, in the shown headers and body and in outputs", async () => {
    const answer = await server.ok(rpc.testExternalApi, await make());
    expect(answer.request?.headers).toMatchObject([{ name: "Authorization", value: "***" }]);
    expect(answer.answer?.body).toContain('"authorization":"***"');
    expect(answer.outputs).toEqual({ echoed: "***" });
  });

  it("is found by no filter over what the other system sends back, as a plain header is", async () => {
    const filters = [`@ == 'Bearer ${secret}'`, "@ > 'Bearer zp' && @ < 'Bearer zr'", "length(@) == 40"];
    const outputParams = filters.map((filter, index) => {
      const path = `$.headers[?${filter}]`;
      return { name: `guess${index}`, path, defaultValue: "no" };
    });
    const guesses = async (one: object) =>
      Object.values((await server.ok(rpc.invokeExternalApi, await make({ headers: [one], outputParams }))).outputs);
    expect(header.secretValue).toHaveLength(40);
    expect(await guesses(header)).toEqual(["no", "no", "no"]);
    expect(await guesses({ name: "X-Plain", value: header.secretValue })).not.toContain("no");
  });

  it("stays through updates that do not name it, and is gone with its header", async () => {
    const api = await make();
    const sent = async () => {
      await server.ok(rpc.invokeExternalApi, api);
      return system.requests.at(-1)?.headers.authorization;
    };
    await server.ok(rpc.updateExternalApi, { ...api, name: "Renamed" });
    expect(await sent()).toBe(header.secretValue);
    await server.ok(rpc.updateExternalApi, { ...api, headers: { items: [kept, { name: "X-A", value: "b" }] } });
    expect(await sent()).toBe(header.secretValue);
    await server.ok(rpc.updateExternalApi, { ...api, headers: { items: [{ ...kept, secretValue: "another-one" }] } });
    expect(await sent()).toBe("another-one");
    await server.ok(rpc.updateExternalApi, { ...api, headers: {} });
    const { rows } = await server.database.owner.query("SELECT 1 FROM external_api_secret WHERE external_api_id = $1", [
      api.id,
    ]);
    expect(rows).toEqual([]);
    const again = server.refused(rpc.updateExternalApi, { ...api, headers: { items: [kept] } });
    expect((await again).violations).toEqual([{ field: "headers.items[0].secret_value", reason: "REQUIRED" }]);
  });

  it("never follows its configuration to another host: it must be given anew", async () => {
    const api = await make();
    const url = "https://collector.example.com/echo";
    expect((await server.refused(rpc.updateExternalApi, { ...api, url })).violations).toEqual([
      { field: "url", reason: "CONFLICT" },
    ]);
    const items = [kept];
    expect((await server.refused(rpc.updateExternalApi, { ...api, url, headers: { items } })).violations).toEqual([
      { field: "headers.items[0].secret_value", reason: "REQUIRED" },
    ]);
    await server.ok(rpc.updateExternalApi, { ...api, url, headers: { items: [header] } });
  });

  it("goes only where it was given for, though its configuration moves to another host while a call reads it", async () => {
    const api = await make();
    const here = await stored(api.id);
    const items = [{ ...kept, secretValue: "of-the-other-host" }];
    await server.ok(rpc.updateExternalApi, { ...api, url: `${other.origin}/echo`, headers: { items } });
    const there = await stored(api.id);
    const { owner } = server.database;
    await move(owner, api.id, here);
    const sent = system.requests.length;
    const mover = await owner.connect();
    try {
      await mover.query("BEGIN; LOCK TABLE external_api_secret IN ACCESS EXCLUSIVE MODE");
      const call = server.ok(rpc.invokeExternalApi, api);
      const waiting = "SELECT FROM pg_locks WHERE relation = 'external_api_secret'::regclass AND NOT granted";
      await expect.poll(async () => (await owner.query(waiting)).rowCount, { interval: 20 }).toBe(1);
      await move(mover, api.id, there);
      await mover.query("COMMIT");
      await call;
    } finally {
      await mover.query("ROLLBACK");
      mover.release();
    }
    expect(system.requests.slice(sent)).toEqual([]);
    expect(other.requests.map(({ headers }) => headers.authorization)).toEqual(["of-the-other-host"]);
  });

  it("is another one to an idempotency key: a changed secret is a changed request", async () => {
    const headers = { "idempotency-key": "one-create" };
    const request = { ...echo, method: Method.POST };
    const first = await server.ok(rpc.createExternalApi, request, { headers });
    expect(await server.ok(rpc.createExternalApi, request, { headers })).toEqual(first);
    const other = { ...request, headers: [{ ...header, secretValue: "something-else" }] };
    expect(await server.refused(rpc.createExternalApi, other, { headers })).toMatchObject({
      reason: "IDEMPOTENCY_KEY_REUSED",
    });
  });
});

interface Stored {
  readonly url: string;
  readonly sealed: Buffer;
}

/** Where a configuration points, and its secret as it is stored. */
async function stored(id: string): Promise<Stored> {
  const { rows } = await server.database.owner.query<Stored>(
    "SELECT a.url, s.sealed FROM external_api a JOIN external_api_secret s ON s.external_api_id = a.id WHERE a.id = $1",
    [id],
  );
  const [row] = rows;
  if (!row) throw new Error(`There is no ${id} with a secret.`);
  return row;
}

/** What an update writes that gives a new URL with its secret. */
async function move(database: Pick<pg.ClientBase, "query">, id: string, { url, sealed }: Stored): Promise<void> {
  await database.query("UPDATE external_api SET url = $2 WHERE id = $1", [id, url]);
  await database.query("UPDATE external_api_secret SET sealed = $2 WHERE external_api_id = $1", [id, sealed]);
}

/** All rows of all tables as text, and their bytes as text too. */
async function dump(): Promise<string> {
  const { rows: tables } = await server.database.owner.query<{ name: string }>(
    "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await server.database.owner.query(`SELECT * FROM "${name}"`);
    texts.push(
      JSON.stringify(rows, (_, value) =>
        value?.type === "Buffer" ? Buffer.from(value.data).toString("latin1") : value,
      ),
    );
  }
  return texts.join("\n");
}
