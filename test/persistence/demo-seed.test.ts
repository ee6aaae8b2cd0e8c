import { afterAll, expect, it } from "vitest";
import { scopes } from "../../src/core/principal.js";
import { seed } from "../../src/db/migrate/seed.js";
import { demoData } from "../../src/demo/demo-data.js";
import { createDatabase } from "../support/database.js";

const database = await createDatabase();
afterAll(() => database[Symbol.asyncDispose]());

const secrets = {
  first: "demo-key-of-the-first-company-0123456789",
  second: "demo-key-of-the-second-company-012345678",
};

async function seedAt(port = 8_080): Promise<void> {
  const data = demoData(secrets, `http://127.0.0.1:${port}/demo/echo`);
  await seed({ url: database.ownerUrl, data, onlyWhenEmpty: true });
}

async function urlAfterSeed(port: number): Promise<string> {
  await seedAt(port);
  const { rows } = await database.owner.query("SELECT url FROM external_api WHERE id = 'xapi_001'");
  return rows[0].url;
}

it("the demo's external API follows the service to another port, unless an operator has pointed it elsewhere", async () => {
  expect(await urlAfterSeed(8_080)).toBe("http://127.0.0.1:8080/demo/echo");
  expect(await urlAfterSeed(9_090)).toBe("http://127.0.0.1:9090/demo/echo");
  await database.owner.query("UPDATE external_api SET url = 'https://example.com/echo' WHERE id = 'xapi_001'");
  expect(await urlAfterSeed(8_080)).toBe("https://example.com/echo");
});

const set = "UPDATE api_key SET scopes = $1 WHERE id = 'key_demo_1'";
const administration = ["key:admin", "directory:write", "customer:erase", "lead:erase", "company:export"];

async function scopesAfterSeed(change: string, values: readonly unknown[] = []): Promise<readonly string[]> {
  await database.owner.query(change, [...values]);
  await seedAt();
  const { rows } = await database.owner.query("SELECT scopes FROM api_key WHERE id = 'key_demo_1'");
  return rows[0].scopes;
}

it("a demo key can neither administer nor erase, also one of an earlier version, and no start widens one", async () => {
  await seedAt();
  const wanted = scopes.filter((scope) => scope !== "platform:admin" && !administration.includes(scope));
  expect(await scopesAfterSeed("SELECT 1")).toEqual(wanted);
  expect(await scopesAfterSeed(set, [[...wanted, ...administration]])).toEqual(wanted);
  expect(await scopesAfterSeed(set, [["key:admin", "customer:read"]])).toEqual(["customer:read"]);
  // No scopes would mean all that need no naming.
  for (const kept of [["setting:read"], ["key:admin"], []]) expect(await scopesAfterSeed(set, [kept])).toEqual(kept);
});

it("a demo key that an operator has rotated keeps its scopes", async () => {
  await database.owner.query(
    `INSERT INTO api_key_change (key_id, kind, rpc, by_key_id, ip, request_id, changed_time)
     VALUES ('key_demo_1', 'ROTATED', 'test', '', '', '', now())`,
  );
  expect(await scopesAfterSeed(set, [administration])).toEqual(administration);
  expect(await scopesAfterSeed(set, [["customer:read", "key:admin"]])).toEqual(["customer:read", "key:admin"]);
});
