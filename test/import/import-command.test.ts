import { readFile, stat } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withImport } from "../../src/cli/import-session.js";
import { readConfig } from "../../src/config/config.js";
import { moegoHere } from "../server/command.js";
import { type Environment, environmentOf } from "../server/service.js";
import { createDatabase, type TestDatabase } from "../support/database.js";
import { withFile } from "./written-file.js";

let database: TestDatabase;
let environment: Environment;

beforeAll(async () => {
  database = await createDatabase();
  environment = environmentOf(database);
});
afterAll(() => database.drop());

const settingsStay = "Tags and other settings stay, also those that the import created.\n";

let companies = 0;

/** A company of its own with one location. */
async function newCompany(): Promise<string> {
  companies += 1;
  const id = `cmp_import_${companies}`;
  const named = ["--id", id, "--name", "Test", "--country", "US", "--time-zone", "America/New_York"];
  expect(await moegoHere(["companies", "create", ...named], environment)).toMatchObject({ code: 0 });
  const location = ["--company", id, "--id", "biz_1", "--name", "Main Street"];
  expect(await moegoHere(["businesses", "create", ...location], environment)).toMatchObject({ code: 0 });
  return id;
}

async function run(kind: string, company: string, content: string, ...more: readonly string[]) {
  return withFile("file.csv", content, async (path) => {
    const ended = await moegoHere(["import", kind, path, "--company", company, ...more], environment);
    const errors = await readFile(`${path}.errors.csv`, "utf8").catch(() => "");
    const mode = errors === "" ? 0 : (await stat(`${path}.errors.csv`)).mode & 0o777;
    return { ...ended, errors, mode };
  });
}

/** The line with the counts. */
function totals(stdout: string): string {
  return /^(?:Imported|Dry run).*$/m.exec(stdout)?.[0] ?? stdout;
}

async function count(company: string, table: "customer" | "pet" | "lead" | "import_record"): Promise<number> {
  const { rows } = await database.owner.query(`SELECT count(*)::int AS n FROM ${table} WHERE company_id = $1`, [
    company,
  ]);
  return rows[0]?.n;
}

const owners = `First Name,Last Name,Cell Phone,Email,Zip,City,Notes,Pet Name,Species,Breed,Sex,Weight,Birthday
Anna,Lee,(212) 555-0111,anna@example.com,2134,Boston,Likes tea,Rex,Dog,Poodle,M/N,12 lbs,2019-03-05
Anna,Lee,(212) 555-0111,anna@example.com,2134,Boston,Likes tea,Mia,Cat,Siamese,FS,"5,4 kg",March 2020
Ben,Fox,212-555-0112 x5,,,,,,,,,,
Cora,,212-555-0113,,,,,,,,,,
Dan,Orr,555-0114,,,,,,,,,,
Eve,Poe,212-555-0115,eve@,,,,Max,Dgo,Pug,M,12,3/5/19
`;

describe("moego import", () => {
  it("checks a file in a dry run, stores it in a run, and changes nothing in the next one", async () => {
    const company = await newCompany();
    const dry = await run("customers", company, owners, "--dry-run");
    expect(totals(dry.stdout)).toBe(
      "Dry run, nothing was stored: 6 rows = 3 created + 0 updated + 0 skipped + 3 failed.",
    );
    expect([await count(company, "customer"), await count(company, "import_record")]).toEqual([0, 0]);

    const first = await run("customers", company, owners);
    expect(totals(first.stdout)).toBe("Imported: 6 rows = 3 created + 0 updated + 0 skipped + 3 failed.");
    expect(first.code).toBe(1);
    expect(first.stderr).toContain("No consent is imported");
    expect([await count(company, "customer"), await count(company, "pet")]).toEqual([2, 2]);

    const again = await run("customers", company, owners);
    expect(totals(again.stdout)).toBe("Imported: 6 rows = 0 created + 0 updated + 3 skipped + 3 failed.");
    expect([await count(company, "customer"), await count(company, "pet")]).toEqual([2, 2]);
  });

  it("names row, column and remedy of each fault, and keeps the file with the cells to its owner", async () => {
    const { stdout, errors, mode } = await run("customers", await newCompany(), owners);
    expect(mode).toBe(0o600);
    const lines = errors.trim().split("\r\n");
    expect(lines[0]).toBe("row,column,value,reason,remedy,kind");
    expect(lines.slice(1).map((line) => line.split(",").slice(0, 2).join(" "))).toEqual([
      ...["5 Last Name", "6 Cell Phone", "7 Email", "7 Weight", "7 Species", "7 Birthday"],
    ]);
    expect(stdout).toContain(
      'Row 6, "Cell Phone": The phone number is too short; its area code may be missing. Correct the number, clear the cell, or add the country code with a plus.',
    );
    expect(stdout).not.toContain("eve@");
  });

  it("stores what the rows say", async () => {
    const company = await newCompany();
    await run("customers", company, owners);
    const { rows } = await database.owner.query(
      `SELECT c.first_name, c.email, c.phone, a.postal_code, n.note, e.after, c.preferred_business_id FROM customer c
       LEFT JOIN customer_address a ON a.company_id = c.company_id AND a.customer_id = c.id
       LEFT JOIN customer_note n ON n.company_id = c.company_id AND n.customer_id = c.id
       LEFT JOIN consent_event e ON e.company_id = c.company_id AND e.subject_id = c.id
       WHERE c.company_id = $1 ORDER BY first_name`,
      [company],
    );
    expect(rows[0]).toMatchObject({
      ...{ first_name: "Anna", email: "anna@example.com", phone: "+12125550111", postal_code: "02134" },
      ...{ note: "Likes tea", preferred_business_id: "biz_1" },
    });
    expect(JSON.stringify(rows[0]?.after)).not.toMatch(/SMS|EMAIL|[12]/);
    const pets = await database.owner.query(
      "SELECT name, birthday::text, fixed FROM pet WHERE company_id = $1 ORDER BY name",
      [company],
    );
    expect(pets.rows).toMatchObject([
      { name: "Mia", fixed: "yes" },
      { name: "Rex", birthday: "2019-03-05", fixed: "yes" },
    ]);
  });

  it("grants a consent only with its channel, time and source", async () => {
    const company = await newCompany();
    const content = `First Name,Last Name,Phone,SMS Consent,Consent Date,Consent Source
Anna,Lee,212-555-0111,yes,2024-05-01,web form
Ben,Fox,212-555-0112,yes,,web form
Cora,Orr,212-555-0113,no,2024-05-01,web form
`;
    const { stdout, stderr } = await run("customers", company, content);
    expect(totals(stdout)).toContain("3 created");
    expect(stderr).not.toContain("No consent is imported");
    expect(stdout).toContain("A consent without its time and source is not imported.");
    const { rows } = await database.owner.query(
      `SELECT c.first_name, c.service_related_channels AS channels, e.given_time FROM customer c
       JOIN consent_event e ON e.company_id = c.company_id AND e.subject_id = c.id
       WHERE c.company_id = $1 ORDER BY first_name`,
      [company],
    );
    expect(rows.map(({ channels }) => channels.length)).toEqual([1, 0, 0]);
    expect(rows[0]?.given_time).toEqual(new Date("2024-05-01T04:00:00Z"));
  });

  it("adds pets to owners that an import with the same name brought in, or that have the phone number", async () => {
    const company = await newCompany();
    await run(
      "customers",
      company,
      "system_id,first_name,last_name,cell_phone\n7,Anna,Lee,2125550111\n8,Ben,Fox,2125550112\n",
      "--preset",
      "gingr",
      "--name",
      "gingr",
    );
    const pets = `id,owner_id,name,species,breed,gender,birthday\n1,7,Rex,dog,Pug,M,1551762000\n2,9,Lost,dog,Pug,M,\n`;
    const { stdout } = await run("pets", company, pets, "--preset", "gingr", "--name", "gingr");
    expect(totals(stdout)).toBe("Imported: 2 rows = 1 created + 0 updated + 0 skipped + 1 failed.");
    expect(stdout).toContain("The company has no such owner. Import the owners first, with the same --name.");
    const byPhone = await run(
      "pets",
      company,
      "Pet Name,Species,Breed,Owner Phone\nTom,cat,Mix,(212) 555-0112\n",
      "--name",
      "other",
    );
    expect(totals(byPhone.stdout)).toContain("1 created");
    const { rows } = await database.owner.query(
      "SELECT p.name, c.first_name, p.birthday::text FROM pet p JOIN customer c ON c.company_id = p.company_id AND c.id = p.customer_id WHERE p.company_id = $1 ORDER BY p.name",
      [company],
    );
    expect(rows).toEqual([
      { name: "Rex", first_name: "Anna", birthday: "2019-03-05" },
      { name: "Tom", first_name: "Ben", birthday: null },
    ]);
  });

  it("imports leads with their pets", async () => {
    const company = await newCompany();
    const content = "Full Name,Phone,Pet Name,Pet Type,Breed\nAnna Lee,212-555-0111,Rex,Dog,Pug\n";
    expect(totals((await run("leads", company, content)).stdout)).toContain("1 created");
    expect([await count(company, "lead"), await count(company, "pet")]).toEqual([1, 1]);
    expect(totals((await run("leads", company, content)).stdout)).toContain("1 skipped");
  });

  it("undoes an import, leaves what was changed since, and can import the rest again", async () => {
    const company = await newCompany();
    const first = await run("customers", company, owners);
    const job = /job_\w+/.exec(first.stdout)?.[0] ?? "";
    await database.owner.query("UPDATE customer SET version = 2 WHERE company_id = $1 AND first_name = 'Ben'", [
      company,
    ]);
    const undone = await moegoHere(["import", "undo", job, "--company", company], environment);
    const left = /^ {2}customer imp_\w+\n/m.exec(undone.stdout)?.[0];
    expect(undone.stdout).toBe(
      `Erased 1 record of import ${job}.\nLeft 1 record, because they have changed since.\n${left}${settingsStay}`,
    );
    expect([await count(company, "customer"), await count(company, "pet")]).toEqual([1, 0]);
    expect((await moegoHere(["import", "list", "--company", company], environment)).stdout).toMatch(/undone/);
    expect(await moegoHere(["import", "undo", job, "--company", company], environment)).toMatchObject({ code: 65 });
    const again = await run("customers", company, owners);
    expect(totals(again.stdout)).toContain("3 created");
    expect([await count(company, "customer"), await count(company, "pet")]).toEqual([3, 2]);
  });

  it("continues an import of a former version, which noted records before it stored them", async () => {
    const company = await newCompany();
    await run("customers", company, owners);
    for (const text of [
      "UPDATE import_job SET state = 'RUNNING' WHERE company_id = $1",
      "UPDATE import_record SET state = 'PLANNED' WHERE company_id = $1",
      `UPDATE import_record r SET content_hash = 'of another reading', row_number = 99 FROM customer c
       WHERE r.company_id = $1 AND c.company_id = $1 AND c.id = r.record_id AND c.first_name = 'Ben'`,
      "DELETE FROM customer WHERE company_id = $1 AND first_name = 'Ben'",
    ])
      await database.owner.query(text, [company]);
    const again = await run("customers", company, owners);
    expect(totals(again.stdout)).toBe("Imported: 6 rows = 1 created + 0 updated + 2 skipped + 3 failed.");
    expect([await count(company, "customer"), await count(company, "pet")]).toEqual([2, 2]);
    const { rows } = await database.owner.query(
      "SELECT state, count(*)::int AS entries FROM import_record WHERE company_id = $1 GROUP BY 1",
      [company],
    );
    expect(rows).toEqual([{ state: "CREATED", entries: 4 }]);
    const { rows: ofOtherReadings } = await database.owner.query(
      "SELECT FROM import_record WHERE company_id = $1 AND (content_hash = 'of another reading' OR row_number = 99)",
      [company],
    );
    expect(ofOtherReadings).toEqual([]);
    const job = /job_\w+/.exec(again.stdout)?.[0] ?? "";
    await moegoHere(["import", "undo", job, "--company", company], environment);
    expect([await count(company, "customer"), await count(company, "pet")]).toEqual([0, 0]);
  });

  it("does not bring an erased person back", async () => {
    const company = await newCompany();
    const content = "First Name,Last Name,Phone\nAnna,Lee,212-555-0111\n";
    await run("customers", company, content);
    const { rows } = await database.owner.query("SELECT record_id FROM import_record WHERE company_id = $1", [company]);
    const id = String(rows[0]?.record_id);
    const context = {
      config: readConfig(environment),
      terminal: { out() {}, err() {} },
      environment: {},
      now: Date.now,
    };
    await withImport(context, { companyId: company, rpc: "test", isDryRun: true }, ({ calls }) =>
      calls.erase("customer", id),
    );
    expect(await count(company, "import_record")).toBe(0);
    const again = await run("customers", company, content);
    expect(again.stdout).toContain(
      "Row 2: The person was erased from the company on request. Leave the row out of the file.",
    );
    expect([await count(company, "customer"), await count(company, "import_record")]).toEqual([0, 0]);
  });

  it.each([
    ["a company that does not exist", ["--company", "cmp_none"], "No company has the ID"],
    ["an unknown preset", ["--company", "x", "--preset", "acme"], "--preset must be one of: gingr"],
    ["an unknown order of days", ["--company", "x", "--unmapped", "keep"], "--unmapped must be one of"],
    ["no company", [], "Missing required option: --company."],
  ])("refuses %s", async (_, words, message) => {
    await withFile("file.csv", owners, async (path) => {
      const ended = await moegoHere(["import", "customers", path, ...words], environment);
      expect([ended.code, ended.stderr]).toEqual([64, expect.stringContaining(message)]);
    });
  });
});
