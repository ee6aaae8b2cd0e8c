import { afterAll, expect, it } from "vitest";
import { seed } from "../../src/db/migrate/seed.js";
import { demoData } from "../../src/demo/demo-data.js";
import { createDatabase } from "../support/database.js";

const database = await createDatabase();
afterAll(() => database[Symbol.asyncDispose]());

const secrets = {
  first: "demo-key-of-the-first-company-0123456789",
  second: "demo-key-of-the-second-company-012345678",
};

async function urlAfterSeed(port: number): Promise<string> {
  const data = demoData(secrets, `http://127.0.0.1:${port}/demo/echo`);
  await seed({ url: database.ownerUrl, data, onlyWhenEmpty: true });
  const { rows } = await database.owner.query("SELECT url FROM external_api WHERE id = 'xapi_001'");
  return rows[0].url;
}

it("the demo's external API follows the service to another port, unless an operator has pointed it elsewhere", async () => {
  expect(await urlAfterSeed(8_080)).toBe("http://127.0.0.1:8080/demo/echo");
  expect(await urlAfterSeed(9_090)).toBe("http://127.0.0.1:9090/demo/echo");
  await database.owner.query("UPDATE external_api SET url = 'https://example.com/echo' WHERE id = 'xapi_001'");
  expect(await urlAfterSeed(8_080)).toBe("https://example.com/echo");
});
