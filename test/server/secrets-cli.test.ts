import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { companySecretContext } from "../../src/db/company-secret.js";
import { type Database, openDatabase } from "../../src/db/database.js";
import { silentLog } from "../../src/db/log.js";
import { createOptOutKeys } from "../../src/db/opt-out-key.js";
import { openCompanySecretCipher, openFlowRunCipher, openSecretCipher } from "../../src/repositories.js";
import { rotateCompanySecrets } from "../../src/resources/cards/company-secret-rotation.repository.js";
import { sealContext } from "../../src/resources/external-apis/external-api.repository.js";
import { rotateSecrets } from "../../src/resources/external-apis/secret-rotation.repository.js";
import { rotateFlowRuns } from "../../src/resources/ivr-flows/flow-run-rotation.repository.js";
import { createDatabase, type TestDatabase } from "../support/database.js";
import { writeWith } from "../support/write.js";
import { moegoHere } from "./command.js";
import { environmentOf, moego, secrets } from "./service.js";

const present = Buffer.from(secrets.SECRET_KEY, "base64");
const [older, oldest, lost] = [randomBytes(32), randomBytes(32), randomBytes(32)];
const previous = `${older.toString("base64")},${oldest.toString("base64")}`;

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
  await owner().query(
    "INSERT INTO company (id, name, country, time_zone) VALUES ('cmp_x', 'X', 'US', 'America/New_York')",
  );
  await owner().query(
    `INSERT INTO external_api (company_id, id, name, method, url, created_time, last_updated_time)
     VALUES ('cmp_x', 'api_1', 'Orders', 'GET', 'https://api.example.com/', now(), now())`,
  );
});
afterAll(() => database.drop());

describe("moego secrets rotate", () => {
  it("seals every secret of an older key anew, more than one batch of them, and can be repeated", async () => {
    for (let i = 0; i < 250; i += 1) await store(`x-${i}`, [older, oldest, present][i % 3] ?? present);
    for (let i = 0; i < 130; i += 1) await storeRun(`call-${i}`, i % 2 === 0 ? older : present);
    await owner().query("UPDATE flow_run SET expired_time = now() WHERE key = 'call-0'");
    await owner().query("UPDATE flow_run SET response = NULL, erased = true WHERE key = 'call-2'");
    await storeKey("api_key", older);
    await storeKey("webhook_secret", present);
    const environment = { ...environmentOf(database), SECRET_KEY_PREVIOUS: previous };
    const first = await moegoHere(["secrets", "rotate"], environment);
    expect(first).toMatchObject({
      code: 0,
      stdout:
        "Re-encrypted 167 secrets; 83 already used the current key.\nRe-encrypted 1 company key; 1 already used the current key.\nRe-encrypted 63 flow runs; 65 already used the current key.\n",
    });
    const { rows } = await owner().query("SELECT name, sealed FROM external_api_secret");
    const cipher = openSecretCipher({ pageTokenSecret: "", secretKey: present });
    for (const { name, sealed } of rows) expect(cipher.open(sealed, contextOf(name))).toBe(secretOf(name));
    const runs = await owner().query("SELECT key, response FROM flow_run WHERE key NOT IN ('call-0', 'call-2')");
    expect(runs.rows).toHaveLength(128);
    for (const { key, response } of runs.rows) expect(openRun(key, response)).toBe(responseOf(key));
    const keys = await owner().query("SELECT name, sealed FROM company_secret ORDER BY name");
    const keyCipher = openCompanySecretCipher({ pageTokenSecret: "", secretKey: present });
    expect(keys.rows.map(({ name, sealed }) => keyCipher.open(sealed, placeOfKey(name)))).toEqual([
      ...[secretOf("api_key"), secretOf("webhook_secret")],
    ]);
    const again = await moegoHere(["secrets", "rotate"], environment);
    expect(again).toMatchObject({
      code: 0,
      stdout:
        "Re-encrypted 0 secrets; 250 already used the current key.\nRe-encrypted 0 company keys; 2 already used the current key.\nRe-encrypted 0 flow runs; 128 already used the current key.\n",
    });
  });

  it("leaves a response that was erased, or that another run has written, in the meantime", async () => {
    await using opened = openDatabase({ url: database.serviceUrl, log: silentLog });
    for (const key of ["erased", "another", "same"]) await storeRun(key, older);
    const late: typeof opened.write = async (...given) => {
      await owner().query("UPDATE flow_run SET response = NULL, erased = true WHERE key = 'erased'");
      await storeRun("another", present, "newer");
      return opened.write(...given);
    };
    const cipher = openFlowRunCipher({ pageTokenSecret: "", secretKey: present, previousSecretKeys: [older] });
    expect(await rotateFlowRuns({ ...opened, write: late }, cipher, writeWith())).toMatchObject({
      resealed: 1,
      unopened: [],
    });
    const { rows } = await owner().query(
      "SELECT key, response FROM flow_run WHERE key IN ('erased', 'another', 'same') ORDER BY key",
    );
    expect(rows.map(({ key, response }) => [key, response && openRun(key, response)])).toEqual([
      ["another", "newer"],
      ["erased", null],
      ["same", responseOf("same")],
    ]);
    await owner().query("DELETE FROM flow_run");
  });

  it("names the places of secrets that no known key opens, leaves them, and exits 1", async () => {
    await store("x-lost", lost);
    await store("x-old", older);
    await storeRun("call-of-somebody", lost);
    await storeKey("api_key", lost);
    const ended = await moego(["secrets", "rotate"], { ...environmentOf(database), SECRET_KEY_PREVIOUS: previous });
    expect(ended).toMatchObject({
      code: 1,
      stdout:
        "Re-encrypted 1 secret; 250 already used the current key.\nRe-encrypted 0 company keys; 1 already used the current key.\nRe-encrypted 0 flow runs; 0 already used the current key.\n",
    });
    expect(ended.stderr).toContain("cmp_x/api_1/x-lost");
    expect(ended.stderr).toContain("cmp_x/stripe/api_key\n");
    expect(ended.stderr).toContain("cmp_x/key_1\n");
    expect(ended.stderr).toContain("1 secret and 1 company key and 1 flow run could not be re-encrypted.");
    expect(ended.stdout + ended.stderr).not.toMatch(/top-secret|somebody/);
    const { rows } = await owner().query("SELECT sealed FROM external_api_secret WHERE name = 'x-lost'");
    const cipher = openSecretCipher({ pageTokenSecret: "", secretKey: lost });
    expect(cipher.open(rows[0]?.sealed, contextOf("x-lost"))).toBe(secretOf("x-lost"));
  });
});

it("a rotation leaves a secret that is changed while it runs as it was changed", async () => {
  await store("x-changed", older);
  await store("x-kept", older);
  const opened = openDatabase({ url: database.serviceUrl, log: silentLog });
  const cipher = openSecretCipher({ pageTokenSecret: "", secretKey: present, previousSecretKeys: [older] });
  const changed = cipher.seal("the new one", contextOf("x-changed"));
  const write: Database["write"] = async (...call) => {
    // After the rotation has read, and before it writes.
    await database.owner.query("UPDATE external_api_secret SET sealed = $1 WHERE name = 'x-changed'", [
      Buffer.from(changed),
    ]);
    return opened.write(...call);
  };
  await rotateSecrets({ ...opened, write }, cipher, writeWith());
  await opened.close();
  const { rows } = await database.owner.query(
    "SELECT name, sealed FROM external_api_secret WHERE name IN ('x-changed', 'x-kept') ORDER BY name",
  );
  expect(rows.map(({ name, sealed }) => cipher.open(sealed, contextOf(name)))).toEqual([
    ...["the new one", secretOf("x-kept")],
  ]);
});

it("the hashes of opt-outs stay the same after a rotation, without the key of before", async () => {
  await using opened = openDatabase({ url: database.serviceUrl, log: silentLog });
  const keysUnder = (...[secretKey, ...previousSecretKeys]: [Buffer, ...Buffer[]]) =>
    createOptOutKeys(opened, openCompanySecretCipher({ pageTokenSecret: "", secretKey, previousSecretKeys }));
  const created = await opened.transact(writeWith(), (tx) => keysUnder(older).findOrCreate(tx, "cmp_x"));
  await expect(keysUnder(present).load("cmp_x", writeWith().signal)).rejects.toThrow(/key that is not in SECRET_KEY/);
  const both = { pageTokenSecret: "", secretKey: present, previousSecretKeys: [older] };
  await rotateCompanySecrets(opened, openCompanySecretCipher(both), writeWith());
  expect(await keysUnder(present).load("cmp_x", writeWith().signal)).toEqual(created);
  await owner().query("DELETE FROM company_secret WHERE provider = 'opt_out'");
});

function owner() {
  return database.owner;
}

async function store(name: string, secretKey: Buffer): Promise<void> {
  const cipher = openSecretCipher({ pageTokenSecret: "", secretKey });
  await owner().query(
    "INSERT INTO external_api_secret (company_id, external_api_id, name, sealed) VALUES ('cmp_x', 'api_1', $1, $2)",
    [name, Buffer.from(cipher.seal(secretOf(name), contextOf(name)))],
  );
}

async function storeKey(name: string, secretKey: Buffer): Promise<void> {
  const cipher = openCompanySecretCipher({ pageTokenSecret: "", secretKey });
  await owner().query(
    `INSERT INTO company_secret (company_id, provider, name, sealed) VALUES ('cmp_x', 'stripe', $1, $2)
     ON CONFLICT (company_id, provider, name) DO UPDATE SET sealed = excluded.sealed`,
    [name, Buffer.from(cipher.seal(secretOf(name), placeOfKey(name)))],
  );
}

function placeOfKey(name: string) {
  return companySecretContext(["cmp_x", "stripe", name]);
}

function contextOf(name: string) {
  return sealContext({ companyId: "cmp_x", id: "api_1" }, name);
}

function secretOf(name: string): string {
  return `top-secret of ${name}`;
}

async function storeRun(key: string, secretKey: Buffer, response = responseOf(key)): Promise<void> {
  const sealed = openFlowRunCipher({ pageTokenSecret: "", secretKey }).seal(response, placeOf(key));
  await owner().query(
    `INSERT INTO flow_run (company_id, key_id, key, fingerprint, lease_time, ended_time, response, expired_time)
     VALUES ('cmp_x', 'key_1', $1, '', now(), now(), $2, now() + interval '1 hour')
     ON CONFLICT (company_id, key_id, key) DO UPDATE SET response = excluded.response`,
    [key, Buffer.from(sealed)],
  );
}

function openRun(key: string, response: Buffer): string {
  return openFlowRunCipher({ pageTokenSecret: "", secretKey: present }).open(response, placeOf(key));
}

function placeOf(key: string) {
  return ["cmp_x", "key_1", key];
}

function responseOf(key: string): string {
  return `top-secret of ${key}`;
}
