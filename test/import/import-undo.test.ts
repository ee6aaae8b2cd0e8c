import { afterAll, describe, expect, it } from "vitest";
import type { UpdatedKind } from "../../src/import/run/import-calls.js";
import { createDatabase } from "../support/database.js";
import { createImportRuns } from "./import-runs.js";

const database = await createDatabase();
afterAll(() => database.drop());
const imports = createImportRuns(database);

const customers = `Customer ID,First Name,Last Name,Phone,Pet ID,Pet Name,Species,Breed
1,Anna,Lee,212-555-0111,11,Rex,Dog,Poodle
2,Ben,Fox,212-555-0112,,,,
3,Cora,Orr,212-555-0113,,,,
`;
const leads = "Lead ID,First Name,Email\n1,Anna,anna@example.com\n2,Ben,ben@example.com\n";

interface Named {
  readonly id: string;
  readonly name: string;
}

/** The records of a company by their names, pets by their own. */
async function records(company: string, kind: UpdatedKind): Promise<readonly Named[]> {
  const name = kind === "pet" ? "name" : "first_name";
  const { rows } = await database.owner.query<Named>(
    `SELECT id, ${name} AS name FROM ${kind} WHERE company_id = $1 ORDER BY 2`,
    [company],
  );
  return rows;
}

/** What any other request does to the record. */
function change(company: string, kind: UpdatedKind, id: string) {
  const name = kind === "pet" ? "name" : "first_name";
  return database.owner.query(
    `UPDATE ${kind} SET version = version + 1, ${name} = 'Changed' WHERE company_id = $1 AND id = $2`,
    [company, id],
  );
}

describe("moego import undo, while the server changes the records", { timeout: 120_000 }, () => {
  it("leaves and names customers that were changed, or got a pet, after it looked at them", async () => {
    const company = await imports.newCompany();
    const { job } = await imports.run("customers", company, customers);
    const [anna, ben] = await records(company, "customer");
    const undone = await imports.undoWhile(company, job, async (kind, id) => {
      if (id === anna?.id) await change(company, kind, id);
      if (id === ben?.id)
        await database.owner.query(
          `INSERT INTO pet (company_id, id, customer_id, name, status, type, breed, created_time, last_updated_time)
           SELECT company_id, 'pet_new', $2, 'Mia', status, type, breed, now(), now() FROM pet WHERE company_id = $1`,
          [company, id],
        );
    });
    expect(undone).toMatchObject({ erased: 2, left: 2 });
    expect(undone.named).toHaveLength(2);
    expect(undone.named).toEqual(
      expect.arrayContaining([anna, ben].map((left) => ({ kind: "customer", recordId: left?.id }))),
    );
    expect((await records(company, "customer")).map(({ name }) => name)).toEqual(["Ben", "Changed"]);
    expect((await records(company, "pet")).map(({ name }) => name)).toEqual(["Mia"]);
  });

  it("leaves leads and pets that were changed, and says so in its report", async () => {
    const company = await imports.newCompany();
    const { job } = await imports.run("leads", company, leads);
    const [anna] = await records(company, "lead");
    const undone = await imports.undoWhile(company, job, async (kind, id) => {
      if (id === anna?.id) await change(company, kind, id);
    });
    expect(undone).toMatchObject({ erased: 1, left: 1, named: [{ kind: "lead", recordId: anna?.id }] });
    expect((await records(company, "lead")).map(({ name }) => name)).toEqual(["Changed"]);

    await imports.run("customers", company, customers);
    const pets = "Customer ID,Pet ID,Pet Name,Species,Breed\n2,21,Kit,Cat,Siamese\n2,22,Max,Dog,Pug\n";
    const imported = await imports.run("pets", company, pets);
    const kit = (await records(company, "pet")).find(({ name }) => name === "Kit");
    expect(
      await imports.undoWhile(company, imported.job, async (kind, id) => {
        if (id === kit?.id) await change(company, kind, id);
      }),
    ).toMatchObject({ erased: 1, left: 1 });
    expect((await records(company, "pet")).map(({ name }) => name)).toEqual(["Changed", "Rex"]);

    const again = await imports.run("pets", company, pets.replace("21,Kit", "31,Tom").replace("22,Max", "32,Tim"));
    const tom = (await records(company, "pet")).find(({ name }) => name === "Tom");
    await change(company, "pet", tom?.id ?? "");
    expect((await imports.undo(company, again.job)).stdout).toContain(
      `Left 1 record, because they have changed since.\n  pet ${tom?.id}\n`,
    );
  });

  it.each([
    ["customers", "customer", customers.replace("Lee", "Low")],
    ["customers", "pet", customers.replace("Poodle", "Pug")],
    ["leads", "lead", leads.replace("anna@", "a@")],
  ] as const)("does not write former values over a change: a file of %s, a %s", async (file, kind, updated) => {
    const company = await imports.newCompany();
    await imports.run(file, company, file === "leads" ? leads : customers);
    const { job, totals } = await imports.run(file, company, updated, "--update");
    expect(totals).toContain("1 updated");
    const undone = await imports.undoWhile(company, job, (changed, id) => change(company, changed, id));
    expect(undone).toMatchObject({ restored: 0, left: 1, named: [{ kind }] });
    const { rows } = await database.owner.query<{ was: string }>(
      `SELECT ${kind === "pet" ? "breed" : kind === "lead" ? "email" : "last_name"} AS was FROM ${kind}
       WHERE company_id = $1 AND version = 3`,
      [company],
    );
    expect(rows).toEqual([{ was: kind === "pet" ? "Pug" : kind === "lead" ? "a@example.com" : "Low" }]);
  });
});
