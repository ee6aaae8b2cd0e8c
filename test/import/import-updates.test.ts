import { afterAll, describe, expect, it } from "vitest";
import { createDatabase } from "../support/database.js";
import { createImportRuns } from "./import-runs.js";
import { storedOwners, storedPets } from "./stored-rows.js";

const database = await createDatabase();
afterAll(() => database.drop());
const imports = createImportRuns(database);

const header = "Customer ID,First Name,Last Name,Phone,Email,Zip,City,Pet ID,Pet Name,Species,Breed,Weight,Birthday";
const first = `${header}
1,Anna,Lee,212-555-0111,anna@example.com,10001,,11,Rex,Dog,Poodle,12 lb,2019-03-05
2,Ben,Fox,212-555-0112,,,,12,Mia,Cat,Siamese,8 lb,
3,Cora,Orr,212-555-0113,,,,,,,,,
`;
const second = `${header}
1,Anna,Lee-Fox,212-555-0119,,10001,Boston,11,Rex,Dog,Poodle,14 lb,2019-03-05
2,Ben,Fox,212-555-0112,,,,12,Mia,Cat,Siamese,8 lb,March 2020
3,Cora,Orr,212-555-0113,,,,,,,,,
4,Dan,Poe,212-555-0114,,,,,,,,,
`;

describe("moego import --update", { timeout: 120_000 }, () => {
  it("changes what the file says now, adds phones, leaves what it does not say, and is undone exactly", async () => {
    const company = await imports.newCompany();
    await imports.run("customers", company, first);
    const before = await imports.dump(company);
    expect((await imports.run("customers", company, second, "--dry-run", "--update")).totals).toContain(
      "4 rows = 1 created + 2 updated + 1 skipped + 0 failed.",
    );
    expect(await imports.dump(company)).toEqual(before);

    const updated = await imports.run("customers", company, second, "--update");
    expect(updated.totals).toContain("4 rows = 1 created + 2 updated + 1 skipped + 0 failed.");
    expect(await storedOwners(database.owner, company)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          ...{ name: "Anna Lee-Fox", email: "anna@example.com", postalCode: "10001" },
          phones: "+12125550119, +12125550111",
        }),
      ]),
    );
    expect(await storedPets(database.owner, company)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: "Rex", weight: "14 POUND", born: "2019-03-05" }),
        expect.objectContaining({ name: "Mia", born: "2020-03", weight: "8 POUND" }),
      ]),
    );
    const again = await imports.run("customers", company, second, "--update");
    expect(again.totals).toContain("4 rows = 0 created + 0 updated + 4 skipped + 0 failed.");

    const undone = await imports.undo(company, updated.job);
    expect(undone.stdout).toBe(
      `Erased 1 record of import ${updated.job}.\nGave 3 records the values of before.\nTags and other settings stay, also those that the import created.\n`,
    );
    expect(await imports.dump(company)).toEqual(before);
  });

  it("does not overwrite what was changed after it, and changes nothing without the option", async () => {
    const company = await imports.newCompany();
    await imports.run("customers", company, first);
    const before = await imports.dump(company);
    const told = await imports.run("customers", company, second.replace(/^4.*\n/m, ""));
    expect(told.totals).toContain("0 created + 0 updated + 3 skipped");
    expect(told.stdout).toContain("--update changes the stored records.");
    expect(await imports.dump(company)).toEqual(before);

    const updated = await imports.run("customers", company, second, "--update");
    await database.owner.query(
      "UPDATE customer SET version = version + 1, last_name = 'Staff' WHERE company_id = $1 AND first_name = 'Anna'",
      [company],
    );
    const undone = await imports.undo(company, updated.job);
    expect(undone.stdout).toContain("Left 1 record, because they have changed since.");
    expect(await storedOwners(database.owner, company)).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: "Anna Staff" })]),
    );
  });

  it("compares rows once that an earlier build stored with another hash, if nothing differs", async () => {
    const company = await imports.newCompany();
    await imports.run("customers", company, first);
    await database.owner.query("UPDATE import_record SET content_hash = 'earlier build' WHERE company_id = $1", [
      company,
    ]);
    const dry = await imports.run("customers", company, first, "--update", "--dry-run");
    expect(dry.totals).toContain("0 created + 0 updated + 3 skipped");
    expect((await imports.run("customers", company, first)).stdout).toContain("Rows differ");
    const before = await imports.dump(company);
    const compared = await imports.run("customers", company, first, "--update");
    expect(compared.totals).toContain("0 created + 0 updated + 3 skipped");
    const again = await imports.run("customers", company, first);
    expect([again.totals, again.stdout]).toEqual([
      expect.stringContaining("3 skipped"),
      expect.not.stringContaining("Rows differ"),
    ]);
    expect(await imports.dump(company)).toEqual(before);
  });

  it("updates leads and their pets", async () => {
    const company = await imports.newCompany();
    const lead = (email: string, breed: string) =>
      `Lead ID,First Name,Email,Pet ID,Pet Name,Species,Breed\n1,Anna,${email},11,Rex,Dog,${breed}\n`;
    expect((await imports.run("leads", company, lead("a@example.com", "Poodle"))).totals).toContain("1 created");
    const before = await imports.dump(company);
    const updated = await imports.run("leads", company, lead("b@example.com", "Pug"), "--update");
    expect(updated.totals).toContain("1 row = 0 created + 1 updated + 0 skipped + 0 failed.");
    const { rows } = await database.owner.query(
      "SELECT l.email, p.breed FROM lead l JOIN pet p ON p.company_id = l.company_id AND p.lead_id = l.id WHERE l.company_id = $1",
      [company],
    );
    expect(rows).toEqual([{ email: "b@example.com", breed: "Pug" }]);
    expect((await imports.undo(company, updated.job)).stdout).toContain("Gave 2 records");
    expect(await imports.dump(company)).toEqual(before);
  });

  it("forgets the former values of a person who was erased", async () => {
    const company = await imports.newCompany();
    await imports.run("customers", company, first);
    const { job } = await imports.run("customers", company, second, "--update");
    const held = async (text: string) => {
      const { rows } = await database.owner.query<{ count: number }>(
        "SELECT count(*)::int AS count FROM import_record WHERE company_id = $1 AND undo_request::text LIKE $2",
        [company, `%${text}%`],
      );
      return rows[0]?.count;
    };
    expect(await held("+12125550111")).toBe(1);
    const { rows } = await database.owner.query<{ id: string }>(
      "SELECT id FROM customer WHERE company_id = $1 AND first_name = 'Anna'",
      [company],
    );
    await imports.erase(company, "customer", rows[0]?.id ?? "");
    expect(await held("+12125550111")).toBe(0);
    expect((await imports.undo(company, job)).code).toBe(0);
    expect(await held("")).toBe(0);
  });
});
