import { afterAll, beforeAll, expect, it } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.js";
import { makeDirtyFile } from "./dirty-file.js";
import { createImportRuns } from "./import-runs.js";
import { storedOwners, storedPets } from "./stored-rows.js";

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

const rows = 500;

/** Rows of what an errors file has, whose cells have no line breaks here. */
function faultsOf(errors: string) {
  return errors
    .replace(/^\ufeff/, "")
    .trim()
    .split("\r\n")
    .slice(1)
    .map((line) => {
      const cells = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain = ""]) => quoted?.replaceAll('""', '"') ?? plain,
      );
      const [row = "", column = "", , reason = "", remedy = ""] = cells;
      return { row: Number(row), column, reason, remedy };
    });
}

function sorted<T>(list: readonly T[]): readonly string[] {
  return list.map((one) => JSON.stringify(one, Object.keys(Object(one)).toSorted())).toSorted();
}

it("500 rows with every kind of dirt are stored or refused one by one, each with its cell and remedy", {
  timeout: 300_000,
}, async () => {
  const imports = createImportRuns(database);
  const company = await imports.newCompany();
  const file = makeDirtyFile(rows);
  const { created, skipped, failed } = file.counts;
  const run = (...more: readonly string[]) =>
    imports.run("customers", company, file.content, "--day-order", "mdy", "--weight-unit", "lb", ...more);
  const before = await imports.dump(company);

  const dry = await run("--dry-run");
  expect(sorted(faultsOf(dry.errors))).toEqual(sorted(file.faults));
  expect(dry.totals).toBe(
    `Dry run, nothing was stored: 500 rows = ${created} created + 0 updated + ${skipped} skipped + ${failed} failed.`,
  );
  expect(await imports.dump(company)).toEqual(before);

  const first = await run();
  expect(sorted(faultsOf(first.errors))).toEqual(sorted(file.faults));
  expect(first.totals).toBe(
    `Imported: 500 rows = ${created} created + 0 updated + ${skipped} skipped + ${failed} failed.`,
  );
  expect(sorted(await storedOwners(database.owner, company))).toEqual(sorted(file.owners));
  expect(sorted(await storedPets(database.owner, company))).toEqual(sorted(file.pets));

  const stored = await imports.dump(company);
  const second = await run();
  expect(second.totals).toBe(
    `Imported: 500 rows = 0 created + 0 updated + ${created + skipped} skipped + ${failed} failed.`,
  );
  expect(await imports.dump(company)).toEqual(stored);

  const undone = await imports.undo(company, first.job);
  expect(undone).toMatchObject({ code: 0, stdout: expect.not.stringContaining("Left") });
  expect(await imports.dump(company)).toEqual(before);
});
