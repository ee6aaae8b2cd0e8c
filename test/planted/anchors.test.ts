import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { faults } from "./faults.mjs";

it("every known fault can still be planted, in one place of one file", () => {
  const lost = faults.filter(({ file, from, test }) => {
    const parts = readFileSync(file, "utf8").split(from);
    return parts.length !== 2 || !existsSync(test);
  });
  expect(lost).toEqual([]);
});
