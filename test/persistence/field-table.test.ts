import { describe, expect, it } from "vitest";
import { enumeration } from "../../src/core/enumeration.js";
import {
  enumColumn,
  fieldTable,
  optionalEnumColumn,
  optionalTextColumn,
  textColumn,
} from "../../src/db/field-table.js";
import { namedStatement } from "../../src/db/named-statement.js";

interface Fields {
  readonly name: string;
  readonly state: "OPEN" | "SHUT";
  readonly place?: string;
  readonly size?: "SMALL" | "BIG";
}

const table = fieldTable<Fields>({
  name: {
    ...textColumn("name"),
    keys: { name_key: "text" },
    write: (name) => ({ name, name_key: name.toLowerCase() }),
  },
  state: enumColumn("state", enumeration("OPEN", "SHUT")),
  place: optionalTextColumn("place_id"),
  size: optionalEnumColumn("size", enumeration("SMALL", "BIG")),
});

describe("a field table", () => {
  it("selects the columns of the fields, and inserts their keys as well, in one order", () => {
    expect(table.select("t")).toBe("t.name, t.state, t.place_id, t.size");
    expect(table.names).toBe("name, name_key, state, place_id, size");
    expect(table.values("r")).toBe("r.name, r.name_key, r.state, r.place_id, r.size");
  });

  it("writes a row as JSON, with others for the fields that the record does not have", () => {
    const record = { name: 'A "b"', place: "p" };
    const others = { state: "SHUT" } as const;
    expect(JSON.parse(table.json(record, others))).toEqual(table.row({ ...others, ...record }));
    expect(JSON.parse(table.json({ name: "A", state: "OPEN" }, {}))).toEqual({
      name: "A",
      name_key: "a",
      state: 1,
      size: 0,
    });
  });

  it("reads what it writes, and leaves out an optional field that is NULL", () => {
    expect(table.row({ name: "A", state: "SHUT" })).toEqual({ name: "A", name_key: "a", state: 2, size: 0 });
    expect(table.read({ name: "A", state: 2, place_id: null, size: 0 })).toEqual({ name: "A", state: "SHUT" });
    expect(table.read({ name: "A", state: 1, place_id: "p", size: 2 })).toEqual({
      name: "A",
      state: "OPEN",
      place: "p",
      size: "BIG",
    });
  });

  it("inserts a record as one JSON parameter, after the other columns", () => {
    const { text, values } = table.insert("t", { name: "A", state: "OPEN" }, { company_id: "c", id: "i" });
    expect(text.replaceAll(/\s+/g, " ").trim()).toBe(
      "INSERT INTO t (company_id, id, name, name_key, state, place_id, size) SELECT $1,$2, r.name, r.name_key, r.state, " +
        "r.place_id, r.size FROM jsonb_populate_record(NULL::t, $3::jsonb) r",
    );
    expect(values).toEqual(["c", "i", '{"name":"A","name_key":"a","state":1,"size":0}']);
  });

  it("assigns the columns of a change alone, and the empty value or NULL for a field that is cleared", () => {
    const assigned = table.assignments({ name: "B", place: null, size: null });
    expect(assigned.map(({ text }) => text)).toEqual([
      "name = $1::text",
      "name_key = $1::text",
      "place_id = $1::text",
      "size = $1::smallint",
    ]);
    expect(assigned.flatMap(({ values }) => values)).toEqual(["B", "b", null, 0]);
  });
});

describe("a named statement", () => {
  const named = namedStatement<{ a: number; b: string; c?: number }>("test.named", "SELECT :b::text, :a, :b, :c");

  it("gives each name one position, in the order of first use, and leaves casts alone", () => {
    expect(named.text).toBe("SELECT $1::text, $2, $1, $3");
    expect(named.values({ a: 1, b: "x", c: 2 })).toEqual(["x", 1, 2]);
    expect(named.valuesOf([{ c: 2 }, { b: "x", a: 1 }])).toEqual(["x", 1, 2]);
  });

  it("refuses a call without the value of a parameter", () => {
    const message = "the statement test.named has no value for c";
    expect(() => named.values({ a: 1, b: "x" })).toThrow(message);
    expect(() => named.valuesOf([{ a: 1 }, { b: "x" }])).toThrow(message);
  });
});
