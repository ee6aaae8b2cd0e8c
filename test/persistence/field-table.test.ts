import { describe, expect, it } from "vitest";
import { enumeration } from "../../src/core/enumeration.js";
import { enumColumn, fieldTable, optionalTextColumn, textColumn } from "../../src/db/field-table.js";
import { namedStatement } from "../../src/db/named-statement.js";

interface Fields {
  readonly name: string;
  readonly state: "OPEN" | "SHUT";
  readonly place?: string;
}

const table = fieldTable<Fields>({
  name: {
    ...textColumn("name"),
    keys: { name_key: "text" },
    write: (name) => ({ name, name_key: name.toLowerCase() }),
  },
  state: enumColumn("state", enumeration("OPEN", "SHUT")),
  place: optionalTextColumn("place_id"),
});

describe("a field table", () => {
  it("selects the columns of the fields, and inserts their keys as well, in one order", () => {
    expect(table.select("t")).toBe("t.name, t.state, t.place_id");
    expect(table.names).toBe("name, name_key, state, place_id");
    expect(table.values("r")).toBe("r.name, r.name_key, r.state, r.place_id");
  });

  it("reads what it writes, and leaves out an optional field that is NULL", () => {
    expect(table.row({ name: "A", state: "SHUT" })).toEqual({ name: "A", name_key: "a", state: 2 });
    expect(table.read({ name: "A", state: 2, place_id: null })).toEqual({ name: "A", state: "SHUT" });
    expect(table.read({ name: "A", state: 1, place_id: "p" })).toEqual({ name: "A", state: "OPEN", place: "p" });
  });

  it("inserts a record as one JSON parameter, after the other columns", () => {
    const { text, values } = table.insert("t", { name: "A", state: "OPEN" }, { company_id: "c", id: "i" });
    expect(text.replaceAll(/\s+/g, " ").trim()).toBe(
      "INSERT INTO t (company_id, id, name, name_key, state, place_id) SELECT $1,$2, r.name, r.name_key, r.state, " +
        "r.place_id FROM jsonb_populate_record(NULL::t, $3::jsonb) r",
    );
    expect(values).toEqual(["c", "i", '{"name":"A","name_key":"a","state":1}']);
  });

  it("assigns the columns of a change alone, and NULL for a field that is cleared", () => {
    const assigned = table.assignments({ name: "B", place: null });
    expect(assigned.map(({ text }) => text)).toEqual(["name = $1::text", "name_key = $1::text", "place_id = $1::text"]);
    expect(assigned.flatMap(({ values }) => values)).toEqual(["B", "b", null]);
  });
});

describe("a named statement", () => {
  const named = namedStatement<{ a: number; b: string; c?: number }>("test.named", "SELECT :b::text, :a, :b, :c");

  it("gives each name one position, in the order of first use, and leaves casts alone", () => {
    expect(named.text).toBe("SELECT $1::text, $2, $1, $3");
    expect(named.values({ a: 1, b: "x", c: 2 })).toEqual(["x", 1, 2]);
  });

  it("refuses a call without the value of a parameter", () => {
    expect(() => named.values({ a: 1, b: "x" })).toThrow("the statement test.named has no value for c");
  });
});
