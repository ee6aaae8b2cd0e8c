import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.js";
import { moegoHere } from "./command.js";
import { type Environment, environmentOf, runOnTerminal, until } from "./service.js";

let database: TestDatabase;
let environment: Environment;

beforeAll(async () => {
  database = await createDatabase();
  environment = { ...environmentOf(database), SEED_DEMO: "1" };
  expect(await moegoHere(["seed"], environment)).toMatchObject({ code: 0 });
});
afterAll(() => database.drop());

const ofFirst = ["--company", "cmp_001"];

async function lookup(words: string, ...more: readonly string[]) {
  const { code, stdout } = await moegoHere(["lookup", words, ...ofFirst, "--json", ...more], environment);
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

describe("moego lookup", () => {
  it("finds customers by parts of a name, with a typo, and by a number in any format", async () => {
    const found = { kind: "customer", id: "cus_201", name: "María José García Núñez", phone: "+17185550124" };
    for (const words of ["nun maria", "gracia", "(718) 555-0124", "+1 718 555 0124"])
      expect(await lookup(words)).toMatchObject({ people: [found], hasMore: false });
    const { stdout } = await moegoHere(["lookup", "nun maria", ...ofFirst], environment);
    expect(stdout).toMatch(
      /^KIND +ID +NAME +PHONE +LOCATION\ncustomer +cus_201 +María José García Núñez +\+17185550124 +\w+_\d+ .+\n$/,
    );
  });

  it("finds leads in the same way", async () => {
    const { rows } = await database.owner.query<{ id: string; first_name: string; phone: string }>(
      "SELECT id, first_name, phone FROM lead WHERE company_id = 'cmp_001' AND phone <> '' AND promoted_customer_id IS NULL LIMIT 1",
    );
    const [lead] = rows;
    expect(await lookup(lead?.first_name ?? "")).toMatchObject({
      people: expect.arrayContaining([expect.objectContaining({ kind: "lead", id: lead?.id })]),
    });
    const { people } = await lookup(lead?.phone ?? "");
    expect(people.map(({ id }: { id: string }) => id)).toContain(lead?.id);
  });

  it("shows no more than its limit, nothing of other companies, and says so", async () => {
    const { rows } = await database.owner.query<{ letter: string; id: string }>(
      `SELECT lower(left(first_name, 1)) AS letter, min(id) AS id FROM customer
       WHERE company_id = 'cmp_001' AND archived_time IS NULL GROUP BY 1 HAVING count(*) > 1 LIMIT 1`,
    );
    const { letter = "", id = "" } = rows[0] ?? {};
    const limited = await moegoHere(["lookup", letter, ...ofFirst, "--limit", "1"], environment);
    expect(limited.stdout.match(/^customer /gm)).toHaveLength(1);
    expect(limited.stderr).toContain("more than 1 customer or leads");
    const all = await lookup(letter);
    expect(all.people.map((person: { id: string }) => person.id)).toContain(id);
    const other = await moegoHere(["lookup", "nun maria", "--company", "cmp_002"], environment);
    expect(other).toMatchObject({ code: 0, stderr: "No customer or lead was found.\n" });
    expect(other.stdout).not.toContain("cus_201");
  });

  it.each([
    [["555-0124", ...ofFirst], 65, /^PHONE\|NAME: Must be a phone number/],
    [["one two three four five six", ...ofFirst], 65, /^PHONE\|NAME: Must have at most 5 words/],
    [["nun", "--company", "cmp_none"], 64, /^No company has the ID/],
    [["nun", ...ofFirst, "--limit", "101"], 64, /^--limit must be a number from 1 to 100/],
  ])("refuses %j", async (words, code, message) => {
    expect(await moegoHere(["lookup", ...words], environment)).toMatchObject({
      ...{ code, stdout: "", stderr: expect.stringMatching(message) },
    });
  });
});

describe("moego staff", () => {
  it("creates a staff member for whom a key can act, and lists both", async () => {
    const named = ["--first-name", "Ada", "--last-name", "Byron", "--phone", "(212) 555-0123", "--location", "biz_001"];
    const made = await moegoHere(["staff", "create", ...ofFirst, "--id", "staff_new", ...named, "--json"], environment);
    const ada = {
      ...{ id: "staff_new", companyId: "cmp_001", firstName: "Ada", lastName: "Byron", email: "" },
      ...{ phone: "+12125550123", locationIds: ["biz_001"], archived: false },
    };
    expect(JSON.parse(made.stdout)).toEqual(ada);
    const listed = await moegoHere(["staff", "list", ...ofFirst, "--json"], environment);
    expect(JSON.parse(listed.stdout)).toContainEqual(ada);
    expect((await moegoHere(["staff", "list", ...ofFirst], environment)).stdout).toMatch(
      /staff_new +Ada Byron +biz_001 +active/,
    );
    const key = ["keys", "create", "--name", "of Ada", ...ofFirst, "--staff", "staff_new"];
    expect(await moegoHere(key, environment)).toMatchObject({ code: 0 });
    const again = await moegoHere(["staff", "create", ...ofFirst, "--id", "staff_new", ...named], environment);
    expect(again).toMatchObject({ code: 73, stdout: "" });
  });

  it("names the options of all values that it refuses", async () => {
    const wrong = ["--first-name", "x".repeat(300), "--email", "nobody", "--phone", "12"];
    const { code, stderr } = await moegoHere(["staff", "create", ...ofFirst, ...wrong], environment);
    expect(code).toBe(65);
    expect(stderr.split("\n").map((line) => line.split(": ")[0])).toEqual(["--first-name", "--phone", "--email", ""]);
    const elsewhere = ["--first-name", "Eve", "--location", "biz_none"];
    expect(await moegoHere(["staff", "create", ...ofFirst, ...elsewhere], environment)).toMatchObject({
      ...{ code: 65, stderr: expect.stringMatching(/^--location biz_none: /) },
    });
  });
});

describe("moego erase", () => {
  const erase = ["erase", ...ofFirst, "--person", "cus_201"];

  async function isStored(id: string): Promise<boolean> {
    return (
      (await database.owner.query("SELECT FROM customer WHERE company_id = 'cmp_001' AND id = $1", [id])).rowCount === 1
    );
  }

  it("erases nothing without a confirmation", async () => {
    expect(await moegoHere(erase, environment)).toMatchObject({
      ...{ code: 64, stderr: expect.stringContaining("requires --yes") },
    });
    const asked = runOnTerminal("bin/moego.js", environment, erase);
    await until(() => asked.stdout().includes("Type cus_201 to continue: "), 60_000);
    asked.child.stdin?.write("yes\n");
    const { code, stdout } = await asked.ended;
    expect(code).toBe(1);
    expect(stdout).toContain("Nothing was erased.");
    expect(await isStored("cus_201")).toBe(true);
  }, 90_000);

  it("erases the person whose ID is confirmed, as the RPC does", async () => {
    const asked = runOnTerminal("bin/moego.js", environment, erase);
    await until(() => asked.stdout().includes("Type cus_201 to continue: "), 60_000);
    expect(asked.stdout()).toContain("This erases customer cus_201 of company cmp_001");
    asked.child.stdin?.write("cus_201\n");
    expect((await asked.ended).stdout).toContain("Erased customer cus_201.");
    expect(await isStored("cus_201")).toBe(false);
    const { rows } = await database.owner.query(
      "SELECT rpc FROM change WHERE company_id = 'cmp_001' AND rpc = 'moego erase'",
    );
    expect(rows).not.toEqual([]);
    expect((await lookup("nun maria")).people).toEqual([]);
  }, 90_000);

  it("erases a lead with --yes, and refuses an ID that the company does not have", async () => {
    const { rows } = await database.owner.query<{ id: string }>(
      "SELECT id FROM lead WHERE company_id = 'cmp_001' AND promoted_customer_id IS NULL LIMIT 1",
    );
    const id = rows[0]?.id ?? "";
    const words = ["erase", "--person", id, "--yes", "--json"];
    const ofAnother = ["erase", "--person", "cus_201", "--yes", "--company", "cmp_002"];
    expect(await moegoHere(ofAnother, environment)).toMatchObject({ code: 65, stdout: "" });
    const erased = await moegoHere([...words, ...ofFirst], environment);
    expect(JSON.parse(erased.stdout)).toEqual({ kind: "lead", companyId: "cmp_001", id });
    expect(await moegoHere([...words, ...ofFirst], environment)).toMatchObject({
      ...{ code: 65, stderr: "No customer or lead of the company has the ID of --person.\n" },
    });
  });
});
