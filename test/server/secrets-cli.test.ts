import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSecretCipher } from "../../src/repositories.js";
import { sealContext } from "../../src/resources/external-apis/external-api.repository.js";
import { createDatabase, type TestDatabase } from "../support/database.js";
import { environmentOf, moego, secrets } from "./service.js";

const present = Buffer.from(secrets.SECRET_KEY, "base64");
const [older, oldest, lost] = [randomBytes(32), randomBytes(32), randomBytes(32)];
const previous = `${older.toString("base64")},${oldest.toString("base64")}`;

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
  await database.owner.query(
    "INSERT INTO company (id, name, country, time_zone) VALUES ('cmp_x', 'X', 'US', 'America/New_York')",
  );
  await database.owner.query(
    `INSERT INTO external_api (company_id, id, name, method, url, created_time, last_updated_time)
     VALUES ('cmp_x', 'api_1', 'Orders', 'GET', 'https://api.example.com/', now(), now())`,
  );
});
afterAll(() => database.drop());

describe("moego secrets rotate", () => {
  it("seals every secret of an older key anew, more than one batch of them, and can be repeated", async () => {
    for (let i = 0; i < 250; i += 1) await store(`x-${i}`, [older, oldest, present][i % 3] ?? present);
    const environment = { ...environmentOf(database), SECRET_KEY_PREVIOUS: previous };
    const first = await moego(["secrets", "rotate"], environment);
    expect(first).toMatchObject({ code: 0, stdout: "Re-encrypted 167 secrets; 83 already used the current key.\n" });
    const { rows } = await database.owner.query("SELECT name, sealed FROM external_api_secret");
    const cipher = openSecretCipher({ pageTokenSecret: "", secretKey: present });
    for (const { name, sealed } of rows) expect(cipher.open(sealed, contextOf(name))).toBe(secretOf(name));
    const again = await moego(["secrets", "rotate"], environment);
    expect(again).toMatchObject({ code: 0, stdout: "Re-encrypted 0 secrets; 250 already used the current key.\n" });
  });

  it("names the places of secrets that no known key opens, leaves them, and exits 1", async () => {
    await store("x-lost", lost);
    await store("x-old", older);
    const ended = await moego(["secrets", "rotate"], { ...environmentOf(database), SECRET_KEY_PREVIOUS: previous });
    expect(ended).toMatchObject({ code: 1, stdout: "Re-encrypted 1 secret; 250 already used the current key.\n" });
    expect(ended.stderr).toContain("cmp_x/api_1/x-lost");
    expect(ended.stdout + ended.stderr).not.toMatch(/top-secret/);
    const { rows } = await database.owner.query("SELECT sealed FROM external_api_secret WHERE name = 'x-lost'");
    const cipher = openSecretCipher({ pageTokenSecret: "", secretKey: lost });
    expect(cipher.open(rows[0]?.sealed, contextOf("x-lost"))).toBe(secretOf("x-lost"));
  });
});

async function store(name: string, secretKey: Buffer): Promise<void> {
  const cipher = openSecretCipher({ pageTokenSecret: "", secretKey });
  await database.owner.query(
    "INSERT INTO external_api_secret (company_id, external_api_id, name, sealed) VALUES ('cmp_x', 'api_1', $1, $2)",
    [name, Buffer.from(cipher.seal(secretOf(name), contextOf(name)))],
  );
}

function contextOf(name: string) {
  return sealContext({ companyId: "cmp_x", id: "api_1" }, name);
}

function secretOf(name: string): string {
  return `top-secret of ${name}`;
}
