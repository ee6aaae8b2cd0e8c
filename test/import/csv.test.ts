import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readBack } from "./written-file.js";

const delimiter = fc.constantFrom(",", ";", "\t", "|");
const cell = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: fc.constantFrom("a", '"', ",", ";", "\t", "\n", "\r\n", "é", "日", " "), maxLength: 12 }),
);

function quote(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

describe("CSV", () => {
  it("gives back every text that was written with quotes, whatever the delimiter and the line ends", async () => {
    const file = fc.record({
      ...{ delimiter, lineEnd: fc.constantFrom("\n", "\r\n"), isClosed: fc.boolean() },
      records: fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(file, async ({ delimiter: between, lineEnd, isClosed, records }) => {
        const clean = records.map((record) => record.map((text) => text.replaceAll(/[\0\ufffd]|\r(?!\n)/g, "?")));
        const lines = [["a", "b", "c"], ...clean].map((record) => record.map(quote).join(between));
        const read = await readBack(lines.join(lineEnd) + (isClosed ? lineEnd : ""), { delimiter: between });
        expect(read.header).toEqual(["a", "b", "c"]);
        const filled = clean.filter((record) => record.some((text) => text.trim() !== ""));
        expect(read.rows.map(({ cells }) => cells)).toEqual(filled);
        expect(read.rows.every(({ refusal }) => refusal === undefined)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it("reads what csv-parse reads of any text with correct quotes", async () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", '"', ",", "\n", " "), maxLength: 60 });
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(text, async (body) => {
        const content = `h1,h2\n${body}`;
        let expected: string[][];
        try {
          expected = parse(content, { relax_column_count: true, relax_quotes: false });
        } catch {
          return;
        }
        compared += 1;
        const { rows } = await readBack(content, { delimiter: "," });
        expect(rows.map(({ cells }) => cells)).toEqual(
          expected.slice(1).filter((record) => record.some((one) => one.trim() !== "")),
        );
      }),
      { numRuns: 300 },
    );
    expect(compared).toBeGreaterThan(30);
  });

  it.each([",", ";", "\t", "|"] as const)("recognizes the delimiter %j", async (between) => {
    const lines = [
      ["First Name", "Last Name", "Phone"],
      ["Anna", "Lee, Jr.", "212; 555"],
      ["Ben", "Fox", "1"],
    ];
    const quoted = lines.map((line) => line.map((text) => (text.includes(between) ? quote(text) : text)).join(between));
    const { header, rows } = await readBack(quoted.join("\r\n"));
    expect(header).toEqual(lines[0]);
    expect(rows.map(({ cells }) => cells)).toEqual(lines.slice(1));
  });

  it("numbers rows as a spreadsheet does, blank rows among them", async () => {
    const { rows } = await readBack('a,b\n1,"x\ny"\n,\n\n3,z\n');
    expect(rows.map(({ row, cells }) => [row, cells])).toEqual([
      [2, ["1", "x\ny"]],
      [5, ["3", "z"]],
    ]);
  });

  it.each([
    ["UTF-8 with a byte order mark", Buffer.from("\ufeffName\nZoë\n", "utf8")],
    ["UTF-16", Buffer.from("\ufeffName\nZoë\n", "utf16le")],
    ["UTF-16 of the other order", Buffer.from("\ufeffName\nZoë\n", "utf16le").swap16()],
    ["UTF-16 without a mark", Buffer.from("Name and more text\nZoë\n", "utf16le")],
    ["Windows-1252", Buffer.from("Name\nZo\u00eb\n", "latin1")],
  ])("reads %s", async (_, content) => {
    const { header, rows } = await readBack(content);
    expect(header[0]).toMatch(/^Name/);
    expect(rows.map(({ cells }) => cells)).toEqual([["Zoë"]]);
  });

  it("says that it read Windows-1252", async () => {
    const { notes } = await readBack(Buffer.from("Name\nZo\u00eb\n", "latin1"));
    expect(notes).toEqual([expect.stringContaining("Windows-1252")]);
  });

  it("refuses the row with bytes that are not UTF-8, and reads the others", async () => {
    const good = Buffer.from("Zoë,ä,ö\n".repeat(3), "utf8");
    const content = Buffer.concat([Buffer.from("a,b,c\n"), good, Buffer.from([0x41, 0xff, 0x2c, 0x0a]), good]);
    const { rows } = await readBack(content);
    expect(rows.map(({ refusal }) => refusal !== undefined)).toEqual([false, false, false, true, false, false, false]);
  });

  it("refuses a row whose quote is never closed, and reads the rows behind it", async () => {
    const { rows } = await readBack('a,b\n1,"open\n2,two\n3,three\n');
    expect(rows.map(({ row, refusal }) => [row, refusal?.reason])).toEqual([
      [2, "A quote is opened in this row and never closed."],
      [3, undefined],
      [4, undefined],
    ]);
  });

  it("refuses a row whose quote ends within a later row, and reads that row", async () => {
    const { rows } = await readBack('a,b\n1,"open\n2,"two"\n3,three\n');
    expect(rows.map(({ refusal, cells }) => refusal?.reason ?? cells)).toEqual([
      "A quote ends within a cell.",
      ["2", "two"],
      ["3", "three"],
    ]);
  });

  it("refuses a cell of one mebibyte and a row of many, and reads what is between and behind", async () => {
    const long = "x".repeat(1 << 20);
    const body = [
      `1,${long.slice(0, 500_000)}`,
      "2,b",
      `3,${long}`,
      `4,"${long}${long}"`,
      "5,e",
      `6,${long.repeat(3)}`,
      "7,g",
    ];
    const { rows } = await readBack(`a,b\n${body.join("\n")}\n`);
    expect(rows.map(({ row }) => row)).toEqual([2, 3, 4, 5, 6, 7, 8]);
    expect(rows.map(({ refusal, refused }) => [refusal !== undefined, refused?.length ?? 0])).toEqual([
      [false, 1],
      [false, 0],
      [true, 0],
      [true, 0],
      [false, 0],
      [true, 0],
      [false, 0],
    ]);
  });

  it("reads a file of any size in constant memory", async () => {
    const line = `Anna,Lee,${"n".repeat(180)}\n`;
    const content = `a,b,c\n${line.repeat(200_000)}${"y".repeat(60 << 20)}\n1,2,3\n`;
    const { openRows } = await import("../../src/import/reading/open-rows.js");
    const { withFile } = await import("./written-file.js");
    await withFile("large.csv", content, async (path) => {
      const source = await openRows(path);
      const before = process.memoryUsage().rss;
      let [count, highest, last] = [0, before, ""];
      for await (const rows of source.rows) {
        count += rows.length;
        last = rows.at(-1)?.cells.join("|") ?? "";
        highest = Math.max(highest, process.memoryUsage().rss);
      }
      expect([count, last]).toEqual([200_002, "1|2|3"]);
      expect(highest - before).toBeLessThan(128 << 20);
    });
  });

  it.each([
    ["an empty file", "", "The file is empty."],
    ["a PDF", "%PDF-1.7\n…", "The file is a PDF. Save it as XLSX or CSV."],
    ["a web page", "<!DOCTYPE html><html></html>", "HTML or XML"],
    [
      "an old workbook",
      Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1]),
      "an old or password-protected Excel workbook",
    ],
    ["a picture", Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 1, 2, 0, 0, 0, 5]), "not a text file"],
    ["a list of JSON", "[ {}, {} ]", "a JSON list"],
    ["a truncated workbook", Buffer.from("PK\u0003\u0004 and no more"), "not a complete XLSX workbook"],
  ])("refuses %s", async (_, content, message) => {
    await expect(readBack(content)).rejects.toThrow(message);
  });
});
