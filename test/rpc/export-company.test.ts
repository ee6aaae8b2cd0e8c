import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AuditService } from "../../src/gen/proto/moego/admin/v1/audit_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { exportedTables } from "../../src/resources/exports/exported-tables.columns.js";
import { exported, reasonOf } from "../support/exported.js";
import { fixtureKey, keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { startServer } from "../support/server.js";

const server = await startServer({ environment: { EXPORT_RESUME_SECONDS: "6", MAX_EXPORTS: "2" } });
afterAll(() => server.stop());

const { owner } = server.database;
const plain = fixtureKey("key_plain", [{ type: "COMPANY", id: "cmp_a" }], { scopes: [] });
beforeAll(() => server.insertKeys([plain]));

async function countIn(table: string): Promise<number> {
  const column = table === "company" ? "id" : "company_id";
  const { rows } = await owner.query<{ rows: number }>(
    `SELECT count(*)::int AS rows FROM ${table} WHERE ${column} = 'cmp_a'`,
  );
  return rows[0]?.rows ?? -1;
}

const rowsOf = (file: string | undefined): Record<string, unknown>[] =>
  (file ?? "").split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));

describe("ExportCompany", () => {
  it("has every row of every table of the company, and of no other", async () => {
    const { files, messages } = await exported(server);
    expect([...files.keys()]).toEqual(exportedTables.map(({ name }) => name));
    // The export itself is not in its own state of the data.
    for (const name of files.keys())
      expect(rowsOf(files.get(name)).length, name).toBe((await countIn(name)) - Number(name === "key_use"));
    expect(rowsOf(files.get("customer")).length).toBeGreaterThan(0);
    expect(messages.filter(({ isTableComplete }) => isTableComplete)).toHaveLength(exportedTables.length);
    expect(messages.filter(({ isExportComplete }) => isExportComplete)).toEqual([messages.at(-1)]);
    expect([...files.values()].join("")).not.toContain("cmp_b");
  });

  it("has the values of the database", async () => {
    const { files } = await exported(server, { tables: ["customer"] });
    const { rows } = await owner.query<{ row: Record<string, unknown> }>(
      "SELECT to_jsonb(c) - 'company_id' AS row FROM customer c WHERE company_id = 'cmp_a' ORDER BY id",
    );
    expect(rowsOf(files.get("customer"))).toEqual(rows.map(({ row }) => row));
    expect([...files.keys()]).toEqual(["customer"]);
  });

  it("never has a secret, a key or a hash of one", async () => {
    const texts = [
      ...(await exported(server)).files.values(),
      ...(await exported(server, { format: 2 })).files.values(),
    ];
    const text = texts.join("");
    for (const { secret } of Object.values(keys)) expect(text).not.toContain(secret);
    const { rows } = await owner.query<{ bytes: string }>(
      "SELECT encode(hash, 'hex') AS bytes FROM api_key_secret UNION ALL SELECT encode(sealed, 'hex') FROM company_secret",
    );
    for (const { bytes } of rows) expect(text).not.toContain(bytes);
    expect(rows.length).toBeGreaterThan(3);
  });

  it("quotes formulas in CSV, and nothing else", async () => {
    const lastName = '=HYPERLINK("http://x","y")';
    await server.ok(
      CustomerService.method.createCustomer,
      newCustomer({ firstName: "'Ann", lastName, phone: "+12125550177" }),
    );
    const { files } = await exported(server, { tables: ["customer"], format: 2 });
    const csv = files.get("customer") ?? "";
    expect(csv.startsWith("id,raw_id,first_name,last_name,")).toBe(true);
    expect(csv).toContain(`,''Ann,"'=HYPERLINK(""http://x"",""y"")",`);
    expect(csv).toContain(",'+12125550177,");
  });

  it("is refused to a key without its scope, to one of locations, and for another company", async () => {
    const refusals = [
      await exported(server, {}, { key: plain }),
      await exported(server, {}, { key: keys.businessA1 }),
      await exported(server, {}, { key: keys.b }),
      await exported(server, { tables: ["api_key"] }),
      await exported(server, { person: { kind: "RECORD_KIND_PET", id: "pet_1" } }),
      await exported(server, { person: { kind: "RECORD_KIND_CUSTOMER", id: "nobody" } }),
    ];
    expect(refusals.map(({ status, error }) => [status, reasonOf(error)])).toEqual([
      [403, "SCOPE_REQUIRED"],
      [403, "SCOPE_REQUIRED"],
      [403, "COMPANY_NOT_ALLOWED"],
      [400, "INVALID_REQUEST"],
      [400, "INVALID_REQUEST"],
      [404, "RESOURCE_NOT_FOUND"],
    ]);
  });

  it("of a person has only rows of that person", async () => {
    const person = { kind: "RECORD_KIND_CUSTOMER", id: "cus_a1" };
    const { files } = await exported(server, { person });
    expect(rowsOf(files.get("customer"))).toMatchObject([{ id: "cus_a1" }]);
    for (const row of rowsOf(files.get("customer_note"))) expect(row).toMatchObject({ customer_id: "cus_a1" });
    for (const name of ["company", "staff", "key_use", "opt_out"]) expect(files.has(name)).toBe(false);
    const { rows } = await owner.query<{ id: string }>(
      "SELECT id FROM pet WHERE company_id = 'cmp_a' AND customer_id = 'cus_a1' ORDER BY id",
    );
    expect(rowsOf(files.get("pet")).map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
  });

  it("is listed among the uses of the key, with the rows of each table, also if the client leaves", async () => {
    const { files } = await exported(server, { tables: ["customer", "pet"] });
    await exported(server, {}, { most: 1 });
    const listed = async () =>
      (await server.ok(AuditService.method.listKeyUse, { companyId: "cmp_a", pagination: { pageSize: 2 } })).uses;
    await expect
      .poll(async () => (await listed()).map(({ exportedRows }) => Object.keys(exportedRows).length))
      .toEqual([expect.any(Number), 2]);
    const [left, whole] = await listed();
    expect(whole).toMatchObject({ rpc: "moego.admin.v1.ExportService/ExportCompany", keyId: "key_a" });
    expect(whole?.exportedRows).toEqual({
      customer: BigInt(rowsOf(files.get("customer")).length),
      pet: BigInt(rowsOf(files.get("pet")).length),
    });
    await expect.poll(async () => Object.keys((await listed())[0]?.exportedRows ?? {})).toContain("company");
    expect(left?.keyId).toBe("key_a");
  });
});

describe("an export that broke off", () => {
  // More than the sockets hold, so that the server has not sent all of it when the client leaves.
  beforeAll(async () => {
    await owner.query(
      `INSERT INTO customer_note (company_id, id, customer_id, note, created_time, last_updated_time)
       SELECT 'cmp_a', 'note_long_' || n, 'cus_a1', repeat(md5(n::text), 300), now(), now() FROM generate_series(1, 3000) n`,
    );
  });

  it("continues with the same state of the data, whatever has changed since", async () => {
    const whole = await exported(server, { tables: ["staff", "customer", "customer_note", "pet"] });
    const first = await exported(server, { tables: ["staff", "customer", "customer_note", "pet"] }, { most: 1 });
    await server.ok(CustomerService.method.createCustomer, newCustomer({ firstName: "Later", phone: "+12125550178" }));
    const resumeToken = first.messages.at(-1)?.resumeToken;
    const rest = await exported(server, { tables: ["staff", "customer", "customer_note", "pet"], resumeToken });
    expect(rest.error).toBeUndefined();
    expect([...first.messages, ...rest.messages].map(({ text }) => text).join("")).toBe(
      whole.messages.map(({ text }) => text).join(""),
    );
    expect(rest.messages[0]?.snapshotTime).toEqual(first.messages[0]?.snapshotTime);
  });

  it("is refused once its state is no longer kept, and for another request", async () => {
    const first = await exported(server, { tables: ["staff", "customer", "customer_note"] }, { most: 1 });
    const resumeToken = first.messages[0]?.resumeToken ?? "";
    const other = await exported(server, { tables: ["staff"], resumeToken });
    expect(reasonOf(other.error)).toBe("INVALID_REQUEST");
    const altered = await exported(server, {
      tables: ["staff", "customer", "customer_note"],
      resumeToken: (resumeToken.startsWith("A") ? "B" : "A") + resumeToken.slice(1),
    });
    expect(reasonOf(altered.error)).toBe("INVALID_REQUEST");
    await sleep(8_000);
    const late = await exported(server, { tables: ["staff", "customer", "customer_note"], resumeToken });
    expect(reasonOf(late.error)).toBe("EXPORT_EXPIRED");
  });

  it("gives its connection to a new export if there are too many", async () => {
    for (let index = 0; index < 4; index += 1)
      expect((await exported(server, {}, { most: 1 })).messages).toHaveLength(1);
    expect((await exported(server)).messages.at(-1)?.isExportComplete).toBe(true);
  });

  it("leaves no statement behind in the database", async () => {
    await exported(server, {}, { most: 1 });
    const active = async () =>
      (
        await owner.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'moego exports'
             AND state <> 'idle'`,
        )
      ).rowCount;
    await expect.poll(active, { timeout: 25_000, interval: 200 }).toBe(0);
  });
});
