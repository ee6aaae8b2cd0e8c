import { meaningful, type Reading, refusal } from "./cell.js";

/** Reads an amount as a decimal number with a point: `$1,234.50`, `1.234,50 €`, `USD 20`. */
export function readAmount(cell: string): Reading<string> {
  const text = meaningful(cell);
  if (text === "") return undefined;
  const number = text.replaceAll(/[\s\u00a0']|[A-Z]{3}|\p{Sc}/gu, "");
  const plain = normalized(number);
  if (plain === undefined) return refusal("The amount cannot be read.", "Write an amount such as 1234.50.");
  return String(Number(plain));
}

function normalized(number: string): string | undefined {
  if (/^\d+(?:\.\d{1,4})?$/.test(number)) return number;
  if (/^\d{1,3}(?:,\d{3})+(?:\.\d{1,4})?$/.test(number)) return number.replaceAll(",", "");
  if (/^\d{1,3}(?:\.\d{3})+,\d{1,2}$/.test(number)) return number.replaceAll(".", "").replace(",", ".");
  if (/^\d+,\d{1,2}$/.test(number)) return number.replace(",", ".");
  return undefined;
}
