import { meaningful, type Reading, refusal } from "./cell.js";

/** Reads an amount in a currency as a decimal number with a point: `$1,234.50`, `1.234,50 €`, `USD 20`. */
export function readAmount(cell: string, currencyCode: string): Reading<string> {
  const text = meaningful(cell);
  if (text === "") return undefined;
  if (!isIn(currencyCode, text))
    return refusal(`The template has prices in ${currencyCode}.`, "Write the amount in this currency.");
  const number = text.replaceAll(/[\s\u00a0']|[A-Z]{3}|\p{Sc}/gu, "");
  const plain = normalized(number);
  if (plain === undefined) return refusal("The amount cannot be read.", "Write an amount such as 1234.50.");
  const [units = ""] = plain.split(".");
  if (units.replace(/^0+/, "").length > mostDigits) return refusal("The amount is too large.", "Correct the amount.");
  return String(Number(plain));
}

/** Of whole units: far more than any package costs, and a number keeps all of them with four decimals. */
const mostDigits = 11;

/** Whether the codes and symbols of the text can mean the currency. `$` means every dollar, and `¥` yen and yuan. */
function isIn(currencyCode: string, text: string): boolean {
  const [codes, symbols] = [text.match(/[A-Z]{3}/g) ?? [], text.match(/\p{Sc}/gu) ?? []];
  if (codes.some((code) => code !== currencyCode)) return false;
  return symbols.length === 0 || symbols.every((symbol) => symbolOf(currencyCode).includes(symbol));
}

/** As the currency is written where it is meant: `$` for USD, CAD and AUD. A code if it has none. */
function symbolOf(currency: string): string {
  const format = new Intl.NumberFormat("en", { style: "currency", currency, currencyDisplay: "narrowSymbol" });
  return format.formatToParts(0).find(({ type }) => type === "currency")?.value ?? "";
}

function normalized(number: string): string | undefined {
  if (/^\d+(?:\.\d{1,4})?$/.test(number)) return number;
  if (/^\d{1,3}(?:,\d{3})+(?:\.\d{1,4})?$/.test(number)) return number.replaceAll(",", "");
  if (/^\d{1,3}(?:\.\d{3})+,\d{1,2}$/.test(number)) return number.replaceAll(".", "").replace(",", ".");
  if (/^\d+,\d{1,2}$/.test(number)) return number.replace(",", ".");
  return undefined;
}
