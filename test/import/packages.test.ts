import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.js";
import { createImportRuns } from "./import-runs.js";

let database: TestDatabase;
let imports: ReturnType<typeof createImportRuns>;

beforeAll(async () => {
  database = await createDatabase();
  imports = createImportRuns(database);
});
afterAll(() => database.drop());

const owners = `Customer ID,First Name,Last Name,Phone,Email
17,Anna,Lee,212-555-0111,anna@example.com
18,Ben,Fox,212-555-0112,ben@example.com
`;

/** A company with two templates: ten baths that expire after 365 days, and baths with trims that never do. */
async function companyWithTemplates(): Promise<string> {
  const company = await imports.newCompany();
  const service = {
    ...{ company_id: company, id: "srv_bath", name: "Bath", service_item_type: 1, service_type: 1, category: "" },
    ...{ price_currency: "USD", price_units: 30, price_nanos: 0, service_minutes: 60, inactive: false },
    ...{ business_ids: [], available_all_business: true, available_business_ids: [], available_all_staff: true },
    ...{ available_staff_ids: [], last_updated_by: "", last_updated_time: "2023-01-01T09:00:00Z", description: "" },
  };
  const services = [{ serviceId: "srv_bath" }];
  const template = {
    ...{ company_id: company, description: "", display_order: 1, price_currency: "USD", price_units: 270, version: 1 },
    ...{ price_nanos: 0, created_time: "2023-01-01T09:00:00Z", last_updated_time: "2023-01-01T09:00:00Z" },
    last_updated_by: "",
  };
  const ten = {
    ...template,
    id: "pkt_ten",
    name: "Ten Baths",
    expiration_days: 365,
    items: [{ quantity: 10, services }],
  };
  const both = { quantity: 4, services };
  const pair = { ...template, id: "pkt_pair", name: "Bath & Trim", items: [both, { ...both, quantity: 2 }] };
  const insert = (table: string, rows: readonly object[]) =>
    database.owner.query(`INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb)`, [
      JSON.stringify(rows),
    ]);
  await insert("service", [{ ...service, version: 1, created_time: service.last_updated_time }]);
  await insert("package_template", [ten, pair]);
  expect((await imports.run("customers", company, owners)).totals).toContain("2 created");
  return company;
}

async function stored(company: string) {
  const { rows } = await database.owner.query(
    `SELECT c.first_name AS owner, k.name, k.remaining_quantity AS left, k.price_units::int AS price, k.price_nanos AS nanos,
       to_char(k.expiration_date, 'YYYY-MM-DD') AS expires, k.deleted_time IS NOT NULL AS deleted,
       to_char(k.purchase_time AT TIME ZONE 'America/New_York', 'YYYY-MM-DD HH24:MI') AS sold,
       (SELECT string_agg(e.kind || ' ' || e.quantity || ' ' || e.note, ', ' ORDER BY s.position, e.kind DESC)
         FROM package_ledger e JOIN package_service s ON s.company_id = e.company_id AND s.id = e.package_service_id
         WHERE e.company_id = k.company_id AND e.package_id = k.id) AS ledger
     FROM package k JOIN customer c ON c.company_id = k.company_id AND c.id = k.customer_id
     WHERE k.company_id = $1 ORDER BY k.purchase_time, c.first_name`,
    [company],
  );
  return rows;
}

const file = `Client ID,Phone,Email,Package,Purchased,Expires,Sessions left,Price,Notes
17,,,Ten Baths,2024-03-05,2030-06-30,7,$250.50,Moved from paper
,(212) 555-0112,,bath & trim,2024-04-01,never,3; 0,,
,,BEN@example.com,pkt_ten,2024-05-01,,,,
`;

const used = "Used before the sale was recorded.";

describe("moego import packages", { timeout: 120_000 }, () => {
  it("stores packages with the units that are left, and skips all of them in the next run", async () => {
    const company = await companyWithTemplates();
    const dry = await imports.run("packages", company, file, "--dry-run");
    expect(dry.totals).toBe("Dry run, nothing was stored: 3 rows = 3 created + 0 updated + 0 skipped + 0 failed.");
    expect(await stored(company)).toEqual([]);
    const run = await imports.run("packages", company, file);
    expect(run.totals).toBe("Imported: 3 rows = 3 created + 0 updated + 0 skipped + 0 failed.");
    expect(await stored(company)).toEqual([
      {
        ...{ owner: "Anna", name: "Ten Baths", left: 7, price: 250, nanos: 500_000_000, deleted: false },
        ...{ sold: "2024-03-05 00:00", expires: "2030-06-30" },
        ledger: `SALE 10 Moved from paper, ADJUSTMENT -3 ${used}`,
      },
      {
        ...{ owner: "Ben", name: "Bath & Trim", left: 3, price: 270, nanos: 0, deleted: false },
        ...{ sold: "2024-04-01 00:00", expires: "9999-01-01" },
        ledger: `SALE 4 , ADJUSTMENT -1 ${used}, SALE 2 , ADJUSTMENT -2 ${used}`,
      },
      {
        ...{ owner: "Ben", name: "Ten Baths", left: 10, price: 270, nanos: 0, deleted: false },
        ...{ sold: "2024-05-01 00:00", expires: "2025-05-01", ledger: "SALE 10 " },
      },
    ]);
    const again = await imports.run("packages", company, file.replace("7,$250.50", "5,$250.50"));
    expect(again.totals).toBe("Imported: 3 rows = 0 created + 0 updated + 3 skipped + 0 failed.");
    expect(again.stdout).toContain("Stored packages are not changed. (1 row, first row 2)");
    expect((await stored(company)).map(({ left }) => left)).toEqual([7, 3, 10]);
  });

  it("refuses rows by cell, with remedies, and imports the others", async () => {
    const company = await companyWithTemplates();
    const rows = [
      "17,Ten Baths,2024-03-05,,7,,,P1",
      "17,Ten Baths,2024-03-05,,11,,,P2",
      "17,Ten Baths,2024-03-05,,7; 1,,,P3",
      "17,Ten Baths,2024-03-05,,7,4,,P4",
      "17,Ten Baths,2024-03-05,,,11,,P5",
      "17,Ten Baths,2024-03-05,,lots,,,P6",
      "17,Fifty Baths,2024-03-05,,7,,,P7",
      "17,Ten Baths,,,7,,,P8",
      "17,Ten Baths,2024-03-05,2023-01-01,7,,,P9",
      "99,Ten Baths,2024-03-05,,7,,,P10",
      ",Ten Baths,2024-03-05,,7,,,P11",
      "17,Ten Baths,2124-03-05,,7,,,P12",
      "17,Ten Baths,2024-03-05,,7,,EUR 20,P13",
      "17,Ten Baths,2024-03-05,,,,,",
      "17,Ten Baths,2024-03-05,,,,,",
      "18,Ten Baths,2024-03-05,,,,,P1",
    ];
    const content = `Client ID,Package,Purchased,Expires,Sessions left,Used,Price,Package ID\n${rows.join("\n")}\n`;
    const run = await imports.run("packages", company, content);
    expect(run.totals).toBe("Imported: 16 rows = 2 created + 0 updated + 1 skipped + 13 failed.");
    const faults = run.errors.split("\r\n").slice(1, -1);
    expect(faults.map((line) => line.split(",").slice(0, 2).join(" "))).toEqual([
      ...["3 Sessions left", "4 Sessions left", "5 Sessions left", "6 Used", "7 Sessions left", "8 Package"],
      ...["9 Purchased", "10 Expires", "11 Client ID", "12 ", "13 Purchased", "14 Price", "16 Package ID"],
    ]);
    expect(run.stdout).toContain("Rows repeat a package with other cells. The first row counts.");
    const other = await imports.run("packages", company, content, "--update");
    expect([other.code, other.stderr]).toEqual([64, expect.stringContaining("--update is not for packages")]);
  });

  it("takes the units that were bought from the file, if they are not those of the template", async () => {
    const company = await companyWithTemplates();
    const content = "Owner Phone,Package,Sold,Sessions,Used\n212-555-0111,Ten Baths,2024-03-05,12,5\n";
    expect((await imports.run("packages", company, content)).totals).toContain("1 created");
    expect((await stored(company)).map(({ left, ledger }) => [left, ledger])).toEqual([
      [7, `SALE 12 , ADJUSTMENT -5 ${used}`],
    ]);
  });

  it("deletes what it created if it is undone and unchanged, and then its customers can be undone, too", async () => {
    const company = await companyWithTemplates();
    const run = await imports.run("packages", company, file);
    await database.owner.query("UPDATE package SET version = 2 WHERE company_id = $1 AND template_id = 'pkt_pair'", [
      company,
    ]);
    const undone = await imports.undo(company, run.job);
    expect(undone.stdout).toContain("Deleted 2 packages. Their ledgers remain.");
    expect(undone.stdout).toContain("Left 1 record, because they have changed since.");
    expect((await stored(company)).map(({ name, deleted }) => [name, deleted])).toEqual([
      ["Ten Baths", true],
      ["Bath & Trim", false],
      ["Ten Baths", true],
    ]);
    const again = await imports.run("packages", company, file);
    expect(again.totals).toBe("Imported: 3 rows = 3 created + 0 updated + 0 skipped + 0 failed.");
    expect((await imports.undo(company, again.job)).stdout).toContain("Deleted 3 packages.");
    const { rows } = await database.owner.query(
      "SELECT job_id FROM import_record WHERE company_id = $1 AND kind = 'customer' LIMIT 1",
      [company],
    );
    // Ben still has the package that was changed.
    expect((await imports.undo(company, String(rows[0]?.job_id))).stdout).toContain("Erased 1 record");
  });

  it("forgets the packages of an erased customer, and does not bring them back", async () => {
    const company = await companyWithTemplates();
    await imports.run("packages", company, file);
    const { rows } = await database.owner.query(
      "SELECT id FROM customer WHERE company_id = $1 AND first_name = 'Anna'",
      [company],
    );
    await imports.erase(company, "customer", String(rows[0]?.id));
    const entries = await database.owner.query(
      "SELECT count(*)::int AS n FROM import_record WHERE company_id = $1 AND kind = 'package'",
      [company],
    );
    expect(entries.rows).toEqual([{ n: 2 }]);
    const again = await imports.run("packages", company, file);
    expect(again.totals).toBe("Imported: 3 rows = 0 created + 0 updated + 2 skipped + 1 failed.");
  });
});
