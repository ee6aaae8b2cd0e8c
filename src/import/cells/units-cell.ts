import { meaningful, type Reading, refusal } from "./cell.js";

/** Reads the units of each item of a package: `7`, or `7; 2` for a package of two items. */
export function readUnits(cell: string): Reading<readonly number[]> {
  const text = meaningful(cell);
  if (text === "") return undefined;
  const units = text.split(/[;|]/).map((part) => /^\s*(\d{1,7})(?:\.0+)?\s*$/.exec(part)?.[1]);
  if (units.some((one) => one === undefined)) {
    return refusal(
      "The cell is not a number of units.",
      "Write a whole number, or one for each item of the package, separated by semicolons.",
    );
  }
  return units.map(Number);
}
