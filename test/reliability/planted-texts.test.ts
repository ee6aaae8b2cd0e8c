import { toJsonString } from "@bufbuild/protobuf";
import { afterAll, expect, it } from "vitest";
import { createLogger } from "../../src/server/logger.js";
import { isReadOnly } from "../../src/server/pipeline/contract.js";
import { columnsHolding, createCanaries } from "../support/canaries.js";
import { asAdmin } from "../support/database.js";
import { authorizationOf } from "../support/fixture-keys.js";
import type { CallOptions } from "../support/server.js";
import { plantable, plantedRequest, secretsIn, spoiltRequest } from "./planted/plant.js";
import { sightings } from "./planted/scan.js";
import { record } from "./run.js";
import { wholeText } from "./tenancy/answers.js";
import { keyCells } from "./tenancy/cells.js";
import { concurrently } from "./tenancy/run-cells.js";
import { openWorld, type Rpc } from "./tenancy/world.js";

const lines: string[] = [];
const log = { write: (line: string) => lines.push(line) };
const world = await openWorld({ log });
const { server } = world;
const { owner, name: databaseName } = server.database;
afterAll(() => server.stop());

const canaries = createCanaries();
const secrets = new Set<string>();
const refusals: string[] = [];
const codes = new Map<string, number>();

/** What the calls bring beside their keys. */
let options: Omit<CallOptions, "key"> = {};

async function send(rpc: Rpc, request: Rpc["request"], key: Pick<Rpc["key"], "secret"> | null = rpc.key) {
  if (key) for (const text of [key.secret, authorizationOf(key).slice(6)]) secrets.add(text);
  const answer = await server.call(rpc.method, request, { ...options, key });
  const code = answer.ok ? "OK" : answer.code;
  codes.set(code, (codes.get(code) ?? 0) + 1);
  if (answer.ok) for (const secret of secretsIn(toJsonString(rpc.method.output, answer.message))) secrets.add(secret);
  else refusals.push(wholeText(rpc.method, answer));
}

/** Every rpc with a canary in one field after the other. */
async function plantAll(rpcs: readonly Rpc[]): Promise<void> {
  await concurrently(rpcs, async (rpc) => {
    for (const field of plantable(rpc)) {
      const request = await rpc.fresh().catch(() => rpc.request);
      await send(rpc, plantedRequest(rpc, request, field, canaries));
    }
  });
}

/** Every writing rpc once with a canary in all of its first fields. */
async function plantOnce(rpcs: readonly Rpc[]): Promise<void> {
  await concurrently(rpcs, async (rpc) => {
    const [field] = plantable(rpc);
    await send(rpc, field ? plantedRequest(rpc, rpc.request, field, canaries) : rpc.request);
  });
}

/** What can go wrong below the service; each leaves the database as it was. */
const failures: Readonly<Record<string, (during: () => Promise<void>) => Promise<void>>> = {
  "a constraint that no row meets": async (during) => {
    const tables = [
      "customer",
      "lead",
      "pet",
      "customer_note",
      "customer_address",
      "package",
      "staff",
      "business",
      "tag",
    ];
    const constraint = "nothing_of_the_tenant";
    for (const table of tables)
      await owner.query(`ALTER TABLE "${table}" ADD CONSTRAINT ${constraint} CHECK (company_id <> 'cmp_a') NOT VALID`);
    await during();
    for (const table of tables) await owner.query(`ALTER TABLE "${table}" DROP CONSTRAINT ${constraint}`);
  },
  "columns that are gone": async (during) => {
    const columns = [
      "customer.first_name",
      "lead.first_name",
      "pet.breed",
      "customer_note.note",
      "tag.name",
      "staff.email",
    ];
    const rename = (from: string, to: string) =>
      owner.query(`ALTER TABLE ${from.split(".")[0]} RENAME ${from.split(".")[1]} TO ${to}`);
    for (const column of columns) await rename(column, "gone");
    await during();
    for (const column of columns) await rename(`${column.split(".")[0]}.gone`, column.split(".")[1] ?? "");
  },
  "locks that are never given": async (during) => {
    const client = await owner.connect();
    await client.query("BEGIN");
    await client.query("LOCK TABLE customer, lead, tag, staff IN ACCESS EXCLUSIVE MODE");
    // Nobody waits for them longer than this.
    options = { transport: "rest", headers: { "grpc-timeout": "1S" } };
    await during();
    options = {};
    await client.query("ROLLBACK");
    client.release();
  },
  "connections that are ended": async (during) => {
    let over = false;
    const ending = (async () => {
      while (!over) {
        await asAdmin(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${databaseName}' AND application_name = 'moego'`,
        );
      }
    })();
    await during();
    over = true;
    await ending;
  },
  "a database that takes no connections": async (during) => {
    await asAdmin(`ALTER DATABASE ${databaseName} ALLOW_CONNECTIONS false`);
    await asAdmin(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${databaseName}' AND application_name = 'moego'`,
    );
    await during();
    await asAdmin(`ALTER DATABASE ${databaseName} ALLOW_CONNECTIONS true`);
  },
};

it("L1: no name, phone, email, note, key or secret stands in a log line, a metric or an error", async (context) => {
  await plantAll(world.rpcs);
  const stored = await columnsHolding(owner, canaries.all);
  await concurrently(world.rpcs, async (rpc) => {
    for (const field of plantable(rpc)) await send(rpc, spoiltRequest(rpc, rpc.request, field, canaries));
    for (const { key } of keyCells(rpc)) await send(rpc, rpc.request, key);
  });
  const writing = world.rpcs.filter(({ method }) => !isReadOnly(method));
  for (const fail of Object.values(failures)) await fail(() => plantOnce(writing));
  const metrics = await (await fetch(`${server.app.httpUrl}/metrics`)).text();
  const planted = [...canaries.all, ...secrets];
  const found = [
    ...sightings("log", lines, planted),
    ...sightings("metrics", [metrics], planted),
    ...sightings("error", refusals, planted),
  ];
  const answered = [...codes].map(([code, count]) => `${count} ${code}`).join(", ");
  record(context, {
    id: "L1",
    done: `${planted.length} strings planted in ${world.rpcs.length} RPCs, ${Object.keys(failures).length} kinds of failures (${answered}); ${lines.length} log lines, ${refusals.length} errors and the metrics scanned`,
    seen: `${found.length} found; planted strings were stored in ${stored.length} columns`,
    must: "0 found",
  });
  expect(stored.length).toBeGreaterThan(40);
  expect(secrets.size).toBeGreaterThan(10);
  expect(codes.get("INTERNAL")).toBeGreaterThan(0);
  expect(codes.get("UNAVAILABLE")).toBeGreaterThan(0);
  expect(found).toEqual([]);
});

it("L1 control: a planted text in a log line is seen", (context) => {
  const [planted = "", ...rest] = canaries.all;
  const leaky: string[] = [];
  const logger = createLogger({ level: "trace", format: "json" }, { write: (line) => leaky.push(line) });
  logger.info({ note: planted }, "a line that should not be");
  const found = sightings("log", leaky, [planted, ...rest]);
  record(context, {
    id: "L1 control",
    done: "1 log line with a planted string",
    seen: `${found.length} found`,
    must: "1 found",
  });
  expect(found).toHaveLength(1);
});
