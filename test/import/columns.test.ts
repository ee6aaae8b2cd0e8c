import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { letterOf, planColumns } from "../../src/import/columns/column-plan.js";
import { fieldsOf, headerKey } from "../../src/import/columns/import-field.js";
import { type ImportKind, importKinds } from "../../src/import/columns/import-kind.js";
import { readMapping, saveMapping } from "../../src/import/columns/mapping-file.js";
import { presets } from "../../src/import/columns/presets.js";
import { withFile } from "./written-file.js";

function usesOf(kind: ImportKind, header: readonly string[], mapping?: Readonly<Record<string, string>>) {
  const { columns } = planColumns({ kind, header, ...(mapping ? { mapping: new Map(Object.entries(mapping)) } : {}) });
  return columns.map(({ use }) => (use.kind === "field" ? use.field : use.kind));
}

describe("headers", () => {
  it("match whatever their case, blanks and punctuation", () => {
    const header = ["Cell Phone", "Owner First Name", "SURNAME", "zip", "E-Mail", "cell_phone_2", "Phone #2"];
    expect(usesOf("customers", header)).toEqual([
      ...["owner.mobile_phone", "owner.first_name", "owner.last_name", "owner.postal_code", "owner.email"],
      ...["drop", "owner.other_phone"],
    ]);
  });

  it("mean the owner in a file of owners, and the pet in a file of pets", () => {
    expect(usesOf("customers", ["Name", "Notes", "Pet Name", "Pet Type", "Breed"])).toEqual([
      ...["owner.name", "owner.note", "pet.name", "pet.type", "pet.breed"],
    ]);
    expect(usesOf("pets", ["Name", "Notes", "Owner Phone", "Type", "Rabies Exp. Date"])).toEqual([
      ...["pet.name", "pet.note", "owner.phone", "pet.type", "pet.vaccination.rabies"],
    ]);
  });

  it.each(importKinds)("have one meaning in a file of %s", (kind) => {
    const seen = new Map<string, string>();
    for (const { name, keys } of fieldsOf(kind)) {
      for (const key of keys) {
        expect([key, seen.get(key) ?? name]).toEqual([key, name]);
        seen.set(key, name);
      }
    }
    expect(seen.size).toBeGreaterThan(20);
  });

  it("are refused if two columns mean one field, with a remedy", () => {
    expect(() => usesOf("customers", ["First Name", "Email", "E-mail address"])).toThrow(
      '"Email" (column B) and "E-mail address" (column C) both mean owner.email. Leave one out with --map "E-mail address=drop".',
    );
    expect(usesOf("customers", ["First Name", "Email", "E-mail address"], { "E-mail address": "drop" })).toEqual([
      ...["owner.first_name", "owner.email", "drop"],
    ]);
  });

  it("are refused if the mapping names an unknown field or column, or nothing is known", () => {
    expect(() => usesOf("customers", ["Email"], { Email: "owner.mail" })).toThrow(
      "is mapped to owner.mail, which is not a field",
    );
    expect(() => usesOf("customers", ["Email"], { Mail: "owner.email" })).toThrow("which the file does not have");
    expect(() => usesOf("customers", ["foo", "bar"])).toThrow("No column is known.");
  });

  it("leave the full name out beside first and last names", () => {
    expect(usesOf("customers", ["Client Name", "First Name", "Last Name"])).toEqual([
      "drop",
      "owner.first_name",
      "owner.last_name",
    ]);
  });

  it("tell what is not imported, unless it is kept", () => {
    const header = ["Email", "Favorite toy"];
    expect(planColumns({ kind: "customers", header }).notes).toEqual([expect.stringContaining('"Favorite toy"')]);
    const kept = planColumns({ kind: "customers", header, unmapped: "note" });
    expect([kept.notes, kept.columns[1]?.use]).toEqual([[], { kind: "note" }]);
  });
});

it("columns of owners that a file of pets or leads does not use are named, or kept", () => {
  const header = ["Pet Name", "Owner Phone", "Home Phone", "Assigned To", "Staff ID", "Owner Tags"];
  const { columns, notes } = planColumns({ kind: "pets", header });
  expect(columns.map(({ use }) => use.kind)).toEqual(["field", "field", "field", "drop", "drop", "drop"]);
  expect(notes).toEqual([expect.stringContaining('Not imported: "Assigned To", "Staff ID", "Owner Tags".')]);
  const kept = planColumns({ kind: "pets", header, unmapped: "note" });
  expect(kept.columns.slice(3).map(({ use }) => use.kind)).toEqual(["note", "note", "note"]);
  expect(planColumns({ kind: "leads", header: ["First Name", "Last Visit"] }).notes).toHaveLength(1);
});

it("a saved mapping can be used again", async () => {
  const header = ["Email", "Favorite toy", "VIP"];
  const mapping = new Map([["VIP", "custom:cf_1"]]);
  const plan = planColumns({ kind: "customers", header, mapping });
  await withFile("mapping.json", "", async (path) => {
    await saveMapping(path, "customers", plan);
    expect(JSON.parse(await readFile(path, "utf8"))).toEqual({
      kind: "customers",
      columns: { Email: "owner.email", "Favorite toy": "drop", VIP: "custom:cf_1" },
    });
    const again = planColumns({ kind: "customers", header, mapping: await readMapping(path, "customers") });
    expect(again.columns).toEqual(plan.columns);
    await expect(readMapping(path, "pets")).rejects.toThrow("is a mapping for customers, not for pets");
  });
});

it("presets name fields that exist", () => {
  for (const { mapping } of presets) {
    for (const kind of importKinds) {
      const known = fieldsOf(kind).map(({ name }) => name);
      expect(known).toEqual(expect.arrayContaining(Object.values(mapping[kind] ?? {})));
    }
  }
});

it("columns have the letters of a spreadsheet, and headers a key", () => {
  expect([0, 25, 26, 701, 702].map(letterOf)).toEqual(["A", "Z", "AA", "ZZ", "AAA"]);
  expect(headerKey(" Téléphone #2 ")).toBe("telephone2");
});
