import { expect, it } from "vitest";
import { readBack } from "./written-file.js";

it("reads one object per line, nested members among them", async () => {
  const lines = [
    { name: "Anna Lee", phone: 2125550111, address: { city: "Troy", zip: "01234" }, tags: ["a", "b"], vip: true },
    { name: "Ben Fox", phone: null },
  ];
  const { format, header, rows } = await readBack(lines.map((line) => JSON.stringify(line)).join("\n"));
  expect([format, header]).toEqual(["JSONL", ["name", "phone", "address.city", "address.zip", "tags", "vip"]]);
  expect(rows.map(({ cells }) => cells)).toEqual([
    ["Anna Lee", "2125550111", "Troy", "01234", "a; b", "true"],
    ["Ben Fox", "", "", "", "", ""],
  ]);
});

it("refuses a line that is not an object and one that is too long, and reads the others", async () => {
  const lines = ['{"a":"1"}', "oops", "[1]", `{"a":"${"x".repeat(3 << 20)}"}`, '{"a":[{"b":1}]}', '{"a":"6"}'];
  const { rows } = await readBack(lines.join("\n"), {}, "file.jsonl");
  expect(rows.map(({ row, refusal }) => [row, refusal !== undefined])).toEqual([
    [1, false],
    [2, true],
    [3, true],
    [4, true],
    [5, true],
    [6, false],
  ]);
});
