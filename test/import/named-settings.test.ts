import { afterAll, describe, expect, it } from "vitest";
import { settingName } from "../../src/import/records/named-setting.js";
import { createDatabase } from "../support/database.js";
import { createImportRuns } from "./import-runs.js";

const database = await createDatabase();
afterAll(() => database.drop());
const imports = createImportRuns(database);

const owners = `First Name,Last Name,Phone,Client Tags,Referral Source
Anna,Lee,212-555-0111,"VIP, Biter",Yelp
Ben,Fox,212-555-0112,vip; VIP,
Cora,Orr,212-555-0113,,yelp
`;

const leads = `First Name,Phone,Stage,Status,Lead Source,Tags
Anna,212-555-0111,Contacted,Call back,Yelp,New
Ben,212-555-0112,contacted,,,
Cora,212-555-0113,,,,
`;

/** The names that the records of a company refer to, and its notes. */
async function stored(company: string, table: "customer" | "lead") {
  const { rows } = await database.owner.query(
    `SELECT c.first_name AS name, s.name AS source,
       (SELECT string_agg(t.name, ',' ORDER BY t.name) FROM ${table}_tag l
        JOIN tag t ON t.company_id = l.company_id AND t.id = l.tag_id
        WHERE l.company_id = c.company_id AND l.${table}_id = c.id) AS tags,
       (SELECT string_agg(n.note, '|') FROM ${table}_note n
        WHERE n.company_id = c.company_id AND n.${table}_id = c.id) AS notes
       ${table === "lead" ? ", (SELECT name FROM life_cycle e WHERE e.company_id = c.company_id AND e.id = c.life_cycle_id) AS stage, (SELECT name FROM action_status e WHERE e.company_id = c.company_id AND e.id = c.action_status_id) AS status" : ""}
     FROM ${table} c LEFT JOIN referral_source s ON s.company_id = c.company_id AND s.id = c.referral_source_id
     WHERE c.company_id = $1 ORDER BY 1`,
    [company],
  );
  return rows;
}

async function namesIn(company: string, list: string): Promise<readonly string[]> {
  const { rows } = await database.owner.query<{ name: string }>(
    `SELECT name FROM ${list} WHERE company_id = $1 ORDER BY name`,
    [company],
  );
  return rows.map(({ name }) => name);
}

describe("settings that rows name", { timeout: 120_000 }, () => {
  it("are created once with --create-settings, listed by a dry run, and stay after an undo", async () => {
    const company = await imports.newCompany();
    const before = await imports.dump(company);
    const dry = await imports.run("customers", company, owners, "--create-settings", "--dry-run");
    expect(dry.stdout).toContain('Would create tag "VIP" (2 rows, first row 2).');
    expect(dry.stdout).toContain('Would create referral source "Yelp" (2 rows, first row 2).');
    expect(dry.totals).toContain("3 rows = 3 created");
    expect(await imports.dump(company)).toEqual(before);

    const run = await imports.run("customers", company, owners, "--create-settings");
    expect(run.stdout).toContain('Created tag "Biter" (1 row, first row 2).');
    expect(run.stdout).toContain("An undo of the import leaves created settings.");
    expect(await stored(company, "customer")).toEqual([
      { name: "Anna", source: "Yelp", tags: "Biter,VIP", notes: null },
      { name: "Ben", source: null, tags: "VIP", notes: null },
      { name: "Cora", source: "Yelp", tags: null, notes: null },
    ]);
    // A run that stores nothing needs no tag.
    await database.owner.query(
      "UPDATE tag SET name = 'Gold', name_key = 'gold' WHERE company_id = $1 AND name = 'VIP'",
      [company],
    );
    const again = await imports.run("customers", company, owners, "--create-settings");
    expect([again.totals, again.stdout]).toEqual([
      expect.stringContaining("3 skipped"),
      expect.not.stringContaining("reated tag"),
    ]);
    expect(await namesIn(company, "referral_source")).toEqual(["Yelp"]);
    expect((await imports.undo(company, run.job)).stdout).toContain("Tags and other settings stay");
    expect(await namesIn(company, "tag")).toEqual(["Biter", "Gold"]);
  });

  it("are created once, if two runs look for them at the same time and then create them", async () => {
    const company = await imports.newCompany();
    const lists = ["referralSource", "lifeCycle", "actionStatus", "tag"] as const;
    const names = lists.map((list) => settingName(list, "New one"));
    const [one, other] = await imports.createSettingsTwice(company, names);
    expect(names.map((name) => one?.idOf(name))).toEqual(names.map((name) => other?.idOf(name)));
    for (const table of ["referral_source", "life_cycle", "action_status", "tag"])
      expect(await namesIn(company, table)).toEqual(["New one"]);
  });

  it("are kept as notes without the option, and reported once each", async () => {
    const company = await imports.newCompany();
    const run = await imports.run("customers", company, owners);
    expect(run.totals).toContain("3 rows = 3 created");
    expect(run.stdout).toContain('Note: The company has no tag "VIP" (2 rows, first row 2).');
    expect(run.stdout).toContain('Note: The company has no referral source "Yelp" (2 rows, first row 2).');
    expect(run.stdout).toContain("What has no setting is kept as a note. --create-settings creates the settings.");
    expect([await namesIn(company, "tag"), await namesIn(company, "referral_source")]).toEqual([[], []]);
    expect(await stored(company, "customer")).toMatchObject([
      { source: null, tags: null, notes: "Tag: VIP\nTag: Biter\nReferral source: Yelp" },
      { notes: "Tag: vip" },
      { notes: "Referral source: yelp" },
    ]);
  });

  it("are stages, statuses and sources of leads, found without regard to case", async () => {
    const company = await imports.newCompany();
    const run = await imports.run("leads", company, leads, "--create-settings");
    expect(run.stdout).toContain('Created lead stage "Contacted" (2 rows, first row 2).');
    expect(run.stdout).toContain('Created lead status "Call back" (1 row, first row 2).');
    expect(await stored(company, "lead")).toMatchObject([
      { name: "Anna", source: "Yelp", tags: "New", stage: "Contacted", status: "Call back", notes: null },
      { name: "Ben", stage: "Contacted", status: null },
      // The first stage of a file is not the default of leads without a stage.
      { name: "Cora", stage: null, notes: null },
    ]);
    const told = `Ads,\nand ${"a friend ".repeat(200)}of Anna`;
    const more = `First Name,Phone,Stage,Status,How did you hear about us\nDan,212-555-0114,CONTACTED,Lost,"${told}"\n`;
    const known = await imports.run("leads", company, more);
    expect(known.stdout).toContain('Note: The company has no lead status "Lost" (1 row, first row 2).');
    expect(await namesIn(company, "life_cycle")).toEqual(["Contacted"]);
    expect((await stored(company, "lead")).at(-1)).toMatchObject({
      stage: "Contacted",
      notes: `Referral source: ${told}\nLead status: Lost`,
    });
  });

  it("are staff of the company too, by name, email or id, if one person has it", async () => {
    const company = await imports.newCompany();
    await database.owner.query(
      `INSERT INTO staff (company_id, id, first_name, last_name, email)
       SELECT $1, id, first, 'Poe', email
       FROM (VALUES ('stf_1', 'Eve', 'eve@example.com'), ('stf_2', 'Max', ''), ('stf_3', 'Max', '')) AS s (id, first, email)`,
      [company],
    );
    const rows =
      "First Name,Last Name,Phone,Assigned To\nA,Lee,212-555-0111,eve poe\nB,Lee,212-555-0112,EVE@example.com\nC,Lee,212-555-0113,stf_2\nD,Lee,212-555-0114,Max Poe\n";
    const run = await imports.run("customers", company, rows, "--create-settings");
    expect(run.stdout).toContain(
      'Note: No staff member, or more than one, is called "Max Poe". It is kept as a note (1 row, first row 5).',
    );
    await imports.run("leads", company, rows);
    for (const [table, column] of [
      ["customer", "assigned_staff_id"],
      ["lead", "allocate_staff_id"],
    ]) {
      const { rows: assigned } = await database.owner.query<{ id: string | null }>(
        `SELECT ${column} AS id FROM ${table} WHERE company_id = $1 ORDER BY first_name`,
        [company],
      );
      expect(assigned.map(({ id }) => id)).toEqual(["stf_1", "stf_1", "stf_2", null]);
    }
    expect((await stored(company, "customer")).at(-1)).toMatchObject({ notes: "Assigned staff: Max Poe" });
  });

  it("do not exceed what the company may have, and archived ones are not used", async () => {
    const company = await imports.newCompany();
    await database.owner.query(
      `INSERT INTO life_cycle (company_id, id, name, display_order, is_default, last_updated_time)
       SELECT $1, 'lc_' || n, 'Stage ' || n, n, n = 1, now() FROM generate_series(1, 200) AS n`,
      [company],
    );
    await database.owner.query(
      `INSERT INTO action_status (company_id, id, name, display_order, color, archived_time, last_updated_time)
       VALUES ($1, 'as_1', 'Call back', 1, '', now(), now())`,
      [company],
    );
    const run = await imports.run("leads", company, leads, "--create-settings");
    expect(run.totals).toContain("3 rows = 3 created");
    expect(run.stdout).toContain(
      'Note: The company has as many lead stages as it may have. The lead stage "Contacted" is kept as a note (2 rows, first row 2).',
    );
    expect(run.stdout).toContain(
      'Note: The lead status "Call back" is archived. It is kept as a note (1 row, first row 2).',
    );
    expect((await stored(company, "lead"))[0]).toMatchObject({
      ...{ stage: "Stage 1", status: null },
      notes: "Lead stage: Contacted\nLead status: Call back",
    });
  });
});
