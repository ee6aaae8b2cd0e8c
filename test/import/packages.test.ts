import { afterAll, describe, expect, it } from "vitest";
import { createDatabase } from "../support/database.js";
import { createImportRuns } from "./import-runs.js";

const database = await createDatabase();
afterAll(() => database.drop());
const imports = createImportRuns(database);

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
    `SELECT c.first_name AS owner, k.name, k.remaining_quantity AS left, k.price_units::float8 AS price, k.price_nanos AS nanos,
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

/** Moves packages to another customer, as a merge does. */
async function giveTo(company: string, fromId: string, intoId: string): Promise<void> {
  await database.owner.query(`ALTER TABLE package DISABLE TRIGGER USER;
    UPDATE package SET customer_id = '${intoId}' WHERE company_id = '${company}' AND customer_id = '${fromId}';
    ALTER TABLE package ENABLE TRIGGER USER`);
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
    expect(run.totals).toBe("Imported: 16 rows = 2 created + 0 updated + 0 skipped + 14 failed.");
    const faults = run.errors.split("\r\n").slice(1, -1);
    expect(faults.map((line) => line.split(",").slice(0, 2).join(" "))).toEqual([
      ...["3 Sessions left", "4 Sessions left", "5 Sessions left", "6 Used", "7 Sessions left", "8 Package"],
      ...["9 Purchased", "10 Expires", "11 Client ID", "12 ", "13 Purchased", "14 Price", "16 Package ID"],
      "17 Package ID",
    ]);
    const other = await imports.run("packages", company, content, "--update");
    expect([other.code, other.stderr]).toEqual([64, expect.stringContaining("--update is not for packages")]);
  });

  it("refuses in a dry run what the import refuses: inactive services of the template, and archived customers", async () => {
    const company = await companyWithTemplates();
    await database.owner.query("UPDATE service SET inactive = true WHERE company_id = $1", [company]);
    const inactive = await imports.run("packages", company, file, "--dry-run");
    expect(inactive.totals).toContain("3 rows = 0 created + 0 updated + 0 skipped + 3 failed.");
    expect(inactive.errors).toContain("The package template has a service that is inactive or does not exist.");
    expect((await imports.run("packages", company, file)).errors).toBe(inactive.errors);

    await database.owner.query("UPDATE service SET inactive = false WHERE company_id = $1", [company]);
    await database.owner.query(
      "UPDATE customer SET archived_time = now() WHERE company_id = $1 AND first_name = 'Anna'",
      [company],
    );
    const archived = await imports.run("packages", company, file, "--dry-run");
    expect(archived.totals).toContain("3 rows = 2 created + 0 updated + 0 skipped + 1 failed.");
    expect((await imports.run("packages", company, file)).errors).toBe(archived.errors);
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
    // The one that was left is still there, and is not sold a second time.
    const again = await imports.run("packages", company, file);
    expect(again.totals).toBe("Imported: 3 rows = 2 created + 0 updated + 1 skipped + 0 failed.");
    expect((await imports.undo(company, again.job)).stdout).toContain("Deleted 2 packages.");
    const { rows } = await database.owner.query(
      "SELECT job_id FROM import_record WHERE company_id = $1 AND kind = 'customer' LIMIT 1",
      [company],
    );
    // Ben still has the package that was changed.
    expect((await imports.undo(company, String(rows[0]?.job_id))).stdout).toContain("Erased 1 record");
  });

  it("sells nothing again if the next file names an owner or a package in another way, or two owners were merged", async () => {
    const company = await companyWithTemplates();
    const rows = [
      ...["17,,,Ten Baths,2024-03-05,", "18,,,Ten Baths,2024-03-05,", ",(212) 555-0112,Ben,Ten Baths,2024-04-01,"],
      // The same package of Anna again. The row names her number.
      ",(212) 555-0111,Anna Lee,Ten Baths,2024-03-05,",
    ];
    const fileOf = (lines: readonly string[]) =>
      `Client ID,Phone,Owner Name,Package,Purchased,Package ID\n${lines.join("\n")}\n`;
    const first = await imports.run("packages", company, fileOf(rows));
    expect(first.totals).toBe("Imported: 4 rows = 3 created + 0 updated + 0 skipped + 1 failed.");
    const named = [
      ...[",212-555-0111,Anna Lee,Ten Baths,2024-03-05,", ",212-555-0112,,Ten Baths,2024-03-05,"],
      "18,,,Ten Baths,2024-04-01,",
    ];
    const again = await imports.run("packages", company, fileOf(named));
    expect(again.totals).toBe("Imported: 3 rows = 0 created + 0 updated + 3 skipped + 0 failed.");
    // With ids, the row that was refused is another package.
    const ids = ["P1", "P2", "P3", "P4"];
    const withIds = await imports.run("packages", company, fileOf(rows.map((row, at) => row + ids[at])));
    expect(withIds.totals).toBe("Imported: 4 rows = 1 created + 0 updated + 3 skipped + 0 failed.");
    expect(withIds.stdout).toContain("are taken for those of the file. (3 rows, first row 2)");
    const customers = await database.owner.query("SELECT id FROM customer WHERE company_id = $1 ORDER BY first_name", [
      company,
    ]);
    const [intoId, fromId] = customers.rows.map(({ id }) => String(id));
    await giveTo(company, String(fromId), String(intoId));
    await database.owner.query(
      "UPDATE import_record SET record_id = $3 WHERE company_id = $1 AND kind = 'customer' AND record_id = $2",
      [company, fromId, intoId],
    );
    const merged = rows.map((row) => row.replace(",(212) 555-0112,Ben", "18,,"));
    for (const lines of [merged, merged.map((row, at) => row + ids[at])])
      expect((await imports.run("packages", company, fileOf(lines))).totals).toMatch(/^Imported: 4 rows = 0 created/);
    expect(await stored(company)).toHaveLength(4);
  });

  it("refuses an id that two packages of the file have, and one that another owner has", async () => {
    const company = await companyWithTemplates();
    const content = (rows: string) => `Client ID,Package,Purchased,Package ID\n${rows}`;
    const run = await imports.run(
      "packages",
      company,
      content("17,Ten Baths,2024-03-05,P1\n18,Ten Baths,2024-03-05,P1\n17,Ten Baths,2024-04-05,P1\n"),
    );
    expect(run.totals).toBe("Imported: 3 rows = 1 created + 0 updated + 0 skipped + 2 failed.");
    expect(run.errors.match(/same package id with another owner or other cells/g)).toHaveLength(2);
    const other = await imports.run("packages", company, content("18,Ten Baths,2024-03-05,P1\n"));
    expect(other.errors).toContain("An earlier run imported this package for another owner");
    expect((await stored(company)).map(({ owner }) => owner)).toEqual(["Anna"]);
  });

  it("says of a package that is not there whether it was deleted, and skips none silently", async () => {
    const company = await companyWithTemplates();
    const content = "Client ID,Package,Purchased,Package ID\n17,Ten Baths,2024-03-05,P1\n";
    await imports.run("packages", company, content);
    await database.owner.query("UPDATE package SET deleted_time = now() WHERE company_id = $1", [company]);
    const skipped = await imports.run("packages", company, content);
    expect(skipped.totals).toContain("1 skipped");
    expect(skipped.stdout).toContain("were deleted since. They are not sold again. (1 row, first row 2)");
    // As an undo leaves it that was killed before it ended.
    await database.owner.query("UPDATE import_record SET state = 'UNDONE' WHERE company_id = $1 AND kind = 'package'", [
      company,
    ]);
    const refused = await imports.run("packages", company, content);
    expect(refused.totals).toContain("1 failed");
    expect(refused.errors).toContain("it was deleted since");
    await database.owner.query("UPDATE package SET deleted_time = NULL WHERE company_id = $1", [company]);
    const { rows } = await database.owner.query("SELECT id FROM customer WHERE company_id = $1 ORDER BY first_name", [
      company,
    ]);
    const [anna, ben] = rows.map(({ id }) => String(id));
    await giveTo(company, String(anna), String(ben));
    expect((await imports.run("packages", company, content)).errors).toContain("for another owner");
  });

  it("takes an owner by contact data only if the name fits, and with an unknown id only if there is a name", async () => {
    const company = await companyWithTemplates();
    const content = `Client ID,Phone,Owner Name,Package,Purchased
,212-555-0111,Ben Lee,Ten Baths,2024-03-01
,212-555-0111,"Lee, Anna M.",Ten Baths,2024-03-02
99,212-555-0111,,Ten Baths,2024-03-03
99,212-555-0111,Anna Lee,Ten Baths,2024-03-04
`;
    const run = await imports.run("packages", company, content);
    expect(run.totals).toBe("Imported: 4 rows = 2 created + 0 updated + 0 skipped + 2 failed.");
    expect(run.stdout).toContain('Row 2, "Phone": The customer with this phone number or email address has another');
    expect(run.stdout).toContain('Row 4, "Client ID": No owner has this id');
    expect(run.stdout).toContain("found by their contact data and name. (1 row, first row 5)");
  });

  it("reads times by the clocks of the company, and amounts only in the currency of the template", async () => {
    const company = await companyWithTemplates();
    const content = `Client ID,Package,Purchased,Price
17,Ten Baths,3/5/2024 2:30 PM,USD 20
18,Ten Baths,2024-03-06T01:30:00,$250.5
17,Ten Baths,2024-03-07,€250
17,Ten Baths,2024-03-07,¥250
17,Ten Baths,2024-03-07,9999999999999999999999
18,Ten Baths,2024-03-07T23:30:00-08:00,99999999999
`;
    const run = await imports.run("packages", company, content, "--day-order", "mdy");
    expect(run.totals).toBe("Imported: 6 rows = 3 created + 0 updated + 0 skipped + 3 failed.");
    expect((await stored(company)).map(({ sold, price }) => [sold, price])).toEqual([
      ...[
        ["2024-03-05 14:30", 20],
        ["2024-03-06 01:30", 250],
      ],
      ["2024-03-08 02:30", 99_999_999_999],
    ]);
    expect(run.errors.match(/The template has prices in USD\./g)).toHaveLength(2);
    expect(run.errors).toContain("The amount is too large.");
  });

  it("does not take a quantity or a balance of money for units, and says where a file has other units", async () => {
    const company = await companyWithTemplates();
    const content = "Client ID,Package,Purchased,Quantity,Balance,Expired\n17,Ten Baths,2024-03-05,1,0.00,no\n";
    const run = await imports.run("packages", company, content);
    expect(run.stderr).toContain('Not imported: "Quantity", "Balance", "Expired".');
    const mapped = await imports.run(
      "packages",
      company,
      "Client ID,Package,Purchased,Quantity\n17,Ten Baths,2024-03-06,1\n",
      ...["--map", "Quantity=package.units"],
    );
    expect(mapped.stdout).toContain("Quantity: The file has other units bought than the template.");
    expect((await stored(company)).map(({ left }) => left)).toEqual([10, 1]);
  });

  it("says that a service of the template is inactive, and points to no cell of units", async () => {
    const company = await companyWithTemplates();
    await database.owner.query("UPDATE service SET inactive = true WHERE company_id = $1", [company]);
    const run = await imports.run("packages", company, "Client ID,Package,Purchased\n17,Ten Baths,2024-03-05\n");
    expect(run.stdout).toContain('Row 2, "Package": The package template has a service that is inactive');
  });

  it("leaves a package from which a unit is redeemed between the reading and the deletion of an undo", async () => {
    const company = await companyWithTemplates();
    await imports.run("packages", company, file);
    const { rows } = await database.owner.query("SELECT id FROM package WHERE company_id = $1 ORDER BY id", [company]);
    const [one, other] = rows.map(({ id }) => String(id));
    await database.owner.query("UPDATE package SET version = 2 WHERE company_id = $1 AND id = $2", [company, one]);
    expect(await imports.withdraw(company, [String(one), String(other)], 1n)).toEqual([false, true]);
    expect((await stored(company)).filter(({ deleted }) => deleted)).toHaveLength(1);
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
