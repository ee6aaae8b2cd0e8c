import { afterAll, describe, expect, it } from "vitest";
import { withImport } from "../../src/cli/import-session.js";
import { readConfig } from "../../src/config/config.js";
import { createDatabase } from "../support/database.js";
import { createImportRuns } from "./import-runs.js";

const database = await createDatabase();
afterAll(() => database.drop());
const imports = createImportRuns(database);

const everything = ["--allow-missing", "first-name, last-name, phone, breed"];

const file = `First Name,Last Name,Phone,Email,Address,Pet Name,Species,Breed
Anna,,212-555-0111,,,Rex,Dog,
Ben,Fox,,ben@example.com,,Mia,Cat,Siamese
Cora,Orr,,,1 Main St,,,
Cora,Orr,,,2 Main St,,,
Cora,Orr,,,2 Main St,Max,Dog,Pug
,,212-555-0116,,,,,
,,,,3 Main St,,,
Dan,Poe,555,,,,,
`;

async function owners(company: string) {
  const { rows } = await database.owner.query<{
    first_name: string;
    last_name: string;
    phone: string;
    email: string;
    id: string;
  }>("SELECT id, first_name, last_name, phone, email FROM customer WHERE company_id = $1 ORDER BY first_name, id", [
    company,
  ]);
  return rows;
}

describe("moego import --allow-missing", { timeout: 120_000 }, () => {
  it("stores rows without the named values, puts nothing in their place, and reports each of them", async () => {
    const company = await imports.newCompany();
    const dry = await imports.run("customers", company, file, ...everything, "--dry-run");
    expect(dry.totals).toContain("8 rows = 6 created + 0 updated + 0 skipped + 2 failed.");
    const run = await imports.run("customers", company, file, ...everything);
    expect(run.totals).toContain("8 rows = 6 created + 0 updated + 0 skipped + 2 failed.");
    const stored = await owners(company);
    expect(stored.map(({ id: _, ...owner }) => owner)).toEqual([
      { first_name: "", last_name: "", phone: "+12125550116", email: "" },
      { first_name: "Anna", last_name: "", phone: "+12125550111", email: "" },
      { first_name: "Ben", last_name: "Fox", phone: "", email: "ben@example.com" },
      { first_name: "Cora", last_name: "Orr", phone: "", email: "" },
      { first_name: "Cora", last_name: "Orr", phone: "", email: "" },
    ]);
    const pets = await database.owner.query("SELECT name, breed FROM pet WHERE company_id = $1 ORDER BY 1", [company]);
    expect(pets.rows).toEqual([
      { name: "Max", breed: "Pug" },
      { name: "Mia", breed: "Siamese" },
      { name: "Rex", breed: "" },
    ]);
    expect(run.stdout).toContain("Warning: Imported without a last name. (2 rows, first row 2)");
    expect(run.stdout).toContain("Warning: Imported without a phone number. (3 rows, first row 3)");
    expect(run.stdout).toContain("Warning: Imported without a breed. (1 row, first row 2)");
    const anna = stored.find(({ first_name }) => first_name === "Anna")?.id;
    const warned = run.errors.split("\r\n").filter((line) => line.endsWith(",warning"));
    expect(warned[0]).toBe(`2,Last Name,,Imported without a last name.,Add it to customer ${anna}.,warning`);
    expect(warned.map((line) => line.slice(0, 1)).join("")).toBe("22345" + "77");
    expect(run.errors).toContain("8,First Name,,The row has neither a name nor contact data of the owner.");
    expect(run.errors).toMatch(/^9,Phone,555,.*,fault\r$/m);
    const again = await imports.run("customers", company, file, ...everything);
    expect(again.totals).toContain("8 rows = 0 created + 0 updated + 6 skipped + 2 failed.");
  });

  it("refuses such rows without the option, and says that there is one", async () => {
    const company = await imports.newCompany();
    const run = await imports.run("customers", company, file);
    expect(run.totals).toContain("8 rows = 0 created + 0 updated + 0 skipped + 8 failed.");
    expect(run.stdout).toContain(
      'Row 2, "Last Name": The last name is missing. Add the last name. Or import the row without it: --allow-missing last-name.',
    );
    expect(await owners(company)).toEqual([]);
  });

  it("gives incomplete owners a tag, and lets their other fields change", async () => {
    const company = await imports.newCompany();
    const words = ["--allow-missing", "last-name,phone", "--tag-incomplete", "To complete"];
    const rows =
      "Customer ID,First Name,Last Name,Phone,Email\n1,Anna,,212-555-0111,a@example.com\n2,Ben,Fox,,\n3,Cora,Orr,212-555-0113,\n";
    expect((await imports.run("customers", company, rows, ...words)).totals).toContain("3 created");
    const { rows: tagged } = await database.owner.query(
      `SELECT c.first_name, t.name FROM customer c JOIN customer_tag l ON l.company_id = c.company_id AND l.customer_id = c.id
       JOIN tag t ON t.company_id = l.company_id AND t.id = l.tag_id WHERE c.company_id = $1 ORDER BY 1`,
      [company],
    );
    expect(tagged).toEqual([
      { first_name: "Anna", name: "To complete" },
      { first_name: "Ben", name: "To complete" },
    ]);
    const context = {
      config: readConfig(imports.environment),
      terminal: { out() {}, err() {} },
      environment: {},
      now: Date.now,
    };
    for (const { id } of await owners(company))
      await withImport(context, { companyId: company, rpc: "test", isDryRun: false }, ({ calls }) =>
        calls.update("customer", { id, ownerId: "", version: 1n }, { colorCode: "#112233", updateMask: "colorCode" }),
      );
    const before = await owners(company);
    expect(before.map(({ last_name, phone }) => [last_name, phone])).toEqual([
      ["", "+12125550111"],
      ["Fox", ""],
      ["Orr", "+12125550113"],
    ]);

    const complete = rows
      .replace("Anna,,", "Anna,Lee,")
      .replace("a@example", "new@example")
      .replace("Fox,,", "Fox,212-555-0112,");
    const updated = await imports.run("customers", company, complete, "--update");
    expect(updated.totals).toContain("3 rows = 0 created + 2 updated + 1 skipped + 0 failed.");
    expect((await owners(company)).map(({ last_name, phone }) => [last_name, phone])).toEqual([
      ["Lee", "+12125550111"],
      ["Fox", "+12125550112"],
      ["Orr", "+12125550113"],
    ]);
    // A name that was missing is not taken away again, and the rest of its record is restored.
    const undone = await imports.undo(company, updated.job);
    expect(undone).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(
        "Gave 1 record the values of before.\nLeft a value that was missing before in 2 records, because it is required.\n",
      ),
    });
    expect((await owners(company)).map(({ last_name, email }) => [last_name, email])).toEqual([
      ["Lee", "a@example.com"],
      ["Fox", ""],
      ["Orr", ""],
    ]);
  });

  it("takes from later rows of a record what its first row lacks, and warns only of what a run stores", async () => {
    const company = await imports.newCompany();
    const rows = `Customer ID,First Name,Last Name,Phone,Email,Pet ID,Pet Name,Species,Breed
1,Anna,Lee,,a@example.com,11,Rex,Dog,
1,Anna,Lee,212-555-0111,,11,Rex,Dog,Pug
2,Ben,,212-555-0112,,,,,
2,Ben,,212-555-0112,,,,,
`;
    const words = [...everything, "--tag-incomplete", "To complete"];
    const run = await imports.run("customers", company, rows, ...words);
    expect((await owners(company)).map(({ id: _, ...owner }) => owner)).toEqual([
      { first_name: "Anna", last_name: "Lee", phone: "+12125550111", email: "a@example.com" },
      { first_name: "Ben", last_name: "", phone: "+12125550112", email: "" },
    ]);
    const pets = await database.owner.query("SELECT breed FROM pet WHERE company_id = $1", [company]);
    expect(pets.rows).toEqual([{ breed: "Pug" }]);
    expect(run.stdout).toContain("Note: Rows have what the first row of an owner lacks. It is taken from them. (1 row");
    expect(run.stdout.match(/^Warning.*$/gm)).toEqual(["Warning: Imported without a last name. (1 row, first row 4)"]);
    expect(run.stdout).toContain('Created tag "To complete" (1 row, first row 4).');
    const again = await imports.run("customers", company, rows, ...words);
    expect([again.totals, again.errors]).toEqual([expect.stringContaining("4 skipped"), ""]);
  });

  it("stores leads without a name or contact data, and pets without a breed", async () => {
    const company = await imports.newCompany();
    const leads = "Lead ID,First Name,Phone,Email\n1,,212-555-0111,\n2,Ben,,\n3,,,\n";
    const run = await imports.run("leads", company, leads, ...everything);
    expect(run.totals).toContain("3 rows = 2 created + 0 updated + 0 skipped + 1 failed.");
    expect(run.stdout).not.toContain("last name");
    const owner = "Customer ID,First Name,Last Name,Phone\n7,Anna,Lee,212-555-0111\n";
    await imports.run("customers", company, owner);
    const pets = "Customer ID,Pet ID,Pet Name,Species\n7,1,Rex,Dog\n";
    expect((await imports.run("pets", company, pets)).totals).toContain("1 failed");
    const ofPets = await imports.run("pets", company, pets, "--allow-missing", "breed");
    expect(ofPets.totals).toContain("1 created");
    expect(ofPets.errors).toMatch(/Imported without a breed\.,Add it to pet imp_\w+\.,warning/);
  });

  it("keeps the phone of another person as a note if the owner has none", async () => {
    const company = await imports.newCompany();
    const rows =
      "First Name,Last Name,Email,Emergency Contact,Emergency Phone\nAnna,Lee,a@example.com,Ben,212-555-0119\n";
    expect((await imports.run("customers", company, rows, "--allow-missing", "phone")).totals).toContain("1 created");
    const { rows: notes } = await database.owner.query("SELECT note FROM customer_note WHERE company_id = $1", [
      company,
    ]);
    expect(notes).toEqual([{ note: "Emergency contact: Ben, +12125550119" }]);
  });

  it("refuses a value that may never be missing, and a tag for nothing", async () => {
    const company = await imports.newCompany();
    const unknown = await imports.run("customers", company, file, "--allow-missing", "last-name,species");
    expect(unknown).toMatchObject({ code: 64 });
    expect(unknown.stderr).toContain('--allow-missing must be one of: "first-name", "last-name", "phone", "breed".');
    const tag = await imports.run("customers", company, file, "--tag-incomplete", "To do");
    expect(tag.stderr).toContain("--tag-incomplete needs --allow-missing");
    const long = await imports.run("customers", company, file, ...everything, "--tag-incomplete", "x".repeat(65));
    expect(long).toMatchObject({ code: 64, stderr: expect.stringContaining("Must have at most 64 characters.") });
  });

  it("imports incomplete rows without a tag that is archived", async () => {
    const company = await imports.newCompany();
    await database.owner.query(
      `INSERT INTO tag (company_id, id, name, name_key, display_order, archived_time, last_updated_time)
       VALUES ($1, 'tag_1', 'To do', 'to do', 1, now(), now())`,
      [company],
    );
    const rows = "First Name,Last Name,Phone\nAnna,,212-555-0111\n";
    const run = await imports.run("customers", company, rows, ...everything, "--tag-incomplete", "To do");
    expect(run.totals).toContain("1 row = 1 created");
    expect(run.stdout).toContain('Note: The tag "To do" is archived. It is kept as a note (1 row, first row 2).');
  });
});
