import { describe, expect, it } from "vitest";
import { type MadeWorkbook, makeWorkbook, zip } from "./made-workbook.js";
import { readBack } from "./written-file.js";

const header = `<c r="A1" t="inlineStr"><is><t>Value</t></is></c>`;

async function readCell(cell: string, more: Partial<MadeWorkbook> = {}) {
  const { rows } = await readBack(makeWorkbook({ rows: [header, cell], ...more }), {}, "file.xlsx");
  return rows[0]?.refused?.[0]?.reason ?? rows[0]?.cells[0];
}

describe("XLSX", () => {
  it.each([
    ["a phone number stored as a float", `<c r="A2"><v>2.125550111E9</v></c>`, "2125550111"],
    ["a decimal number", `<c r="A2"><v>12.300000000000001</v></c>`, "12.3"],
    ["an amount with a format", `<c r="A2" s="2"><v>43529</v></c>`, "43529"],
    ["a date of a built-in format", `<c r="A2" s="1"><v>43529</v></c>`, "2019-03-05"],
    ["a date of a format of the workbook", `<c r="A2" s="3"><v>43529</v></c>`, "2019-03-05"],
    ["a date with a time", `<c r="A2" s="1"><v>43529.75</v></c>`, "2019-03-05T18:00:00"],
    ["the day before the day that never was", `<c r="A2" s="1"><v>59</v></c>`, "1900-02-28"],
    ["the day that never was", `<c r="A2" s="1"><v>60</v></c>`, "The cell has a date that cannot be."],
    ["the day behind it", `<c r="A2" s="1"><v>61</v></c>`, "1900-03-01"],
    ["a date before time", `<c r="A2" s="1"><v>-1</v></c>`, "The cell has a date that cannot be."],
    ["the result of a formula", `<c r="A2" t="str"><f>A1&amp;"x"</f><v>Valuex</v></c>`, "Valuex"],
    [
      "a formula without its result",
      `<c r="A2"><f>A1</f></c>`,
      "The cell is a formula whose result is not in the file.",
    ],
    ["an error", `<c r="A2" t="e"><v>#REF!</v></c>`, "The cell shows an error of the spreadsheet, such as #REF!."],
    ["a boolean", `<c r="A2" t="b"><v>1</v></c>`, "TRUE"],
    ["an entity", `<c r="A2" t="inlineStr"><is><t>Tom &amp; Ann</t></is></c>`, "Tom & Ann"],
    ["a cell with a prefix", `<x:c xmlns:x="x" r="A2" t="inlineStr"><x:is><x:t>X</x:t></x:is></x:c>`, "X"],
  ])("reads %s", async (_, cell, expected) => {
    expect(await readCell(cell)).toBe(expected);
  });

  it("reads dates that count from 1904", async () => {
    expect(await readCell(`<c r="A2" s="1"><v>42067</v></c>`, { countsFrom1904: true })).toBe("2019-03-05");
  });

  it("reads texts with formats, without the pronunciation beside them", async () => {
    const sharedTexts = ["<r><t>東</t></r><r><t>京</t></r><rPh><t>トウキョウ</t></rPh>"];
    expect(await readCell(`<c r="A2" t="s"><v>0</v></c>`, { sharedTexts })).toBe("東京");
  });

  it("keeps cells in their columns and numbers rows as the sheet does", async () => {
    const rows = [
      `<c r="A1" t="inlineStr"><is><t>A</t></is></c><c r="C1" t="inlineStr"><is><t>C</t></is></c>`,
      "",
      `<c r="C3"><v>3</v></c>`,
    ];
    const read = await readBack(makeWorkbook({ rows }));
    expect(read.header).toEqual(["A", "", "C"]);
    expect(read.rows).toEqual([{ row: 3, cells: ["", "", "3"] }]);
    expect(read.notes).toEqual(["Read the sheet Owners of 2. --sheet names another."]);
  });

  it.each([
    ["another ZIP archive", zip({ "a.txt": "a" }), "not an XLSX workbook"],
    ["a sheet that is not there", makeWorkbook({ rows: [header] }), "Its sheets are: Old, Owners."],
  ])("refuses %s", async (_, content, message) => {
    await expect(readBack(content, { sheet: "Pets" })).rejects.toThrow(message);
  });

  it("refuses a workbook with damaged cells", async () => {
    await expect(readBack(makeWorkbook({ rows: [header, "<c>"] }))).rejects.toThrow("damaged");
  });

  it("does not expand entities that a workbook defines", async () => {
    const bomb = zip({
      "xl/workbook.xml": `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><workbook><sheets><sheet name="&b;" id="rId1"/></sheets></workbook>`,
      "xl/_rels/workbook.xml.rels": "<Relationships/>",
    });
    await expect(readBack(bomb)).rejects.toThrow("damaged");
  });
});
