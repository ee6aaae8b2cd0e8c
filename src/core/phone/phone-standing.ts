import { parsePhoneNumberFromString } from "libphonenumber-js/max";

/**
 * Whether a number can be somebody's:
 * - `valid`: in a range that its country has given out, or reserved for fiction
 * - `doubtful`: possible, but in no such range, as far as the numbering plan of this version tells
 * - `impossible`: an area code that North America cannot have, or a placeholder such as 1234567890
 */
export type PhoneStanding = "valid" | "doubtful" | "impossible";

/** @param number a possible number in E.164 */
export function phoneStanding(number: string): PhoneStanding {
  const known = judged.get(number);
  if (known !== undefined) return known;
  const standing = judge(number);
  if (judged.size >= maxJudged) judged.clear();
  judged.set(number, standing);
  return standing;
}

/**
 * The library takes long, and an import judges each number twice: its cell, and the record. The standing depends on the number
 * alone. All are forgotten when there are too many.
 */
const judged = new Map<string, PhoneStanding>();
const maxJudged = 2_000;

function judge(number: string): PhoneStanding {
  const found = parsePhoneNumberFromString(number, { extract: false });
  if (!found || found.isValid() || isFictional(number)) return "valid";
  const { countryCallingCode, nationalNumber } = found;
  const hasImpossibleArea = countryCallingCode === "1" && /^[01]/.test(nationalNumber);
  return hasImpossibleArea || isPlaceholder(nationalNumber) ? "impossible" : "doubtful";
}

/** One digit repeated, or the digits in order. */
function isPlaceholder(digits: string): boolean {
  const steps = [...digits].slice(1).map((digit, index) => (Number(digit) - Number(digits[index]) + 10) % 10);
  return [0, 1, 9].some((step) => steps.every((taken) => taken === step));
}

/** Reserved for fiction in North America, the United Kingdom and Australia. */
const fictional: readonly RegExp[] = [
  /^\+1[2-9]\d{2}55501\d{2}$/,
  /^\+44(?:1632960|7700900|2079460|1134960|1144960|1154960|1164960|1174960|1184960|1214960|1314960|1414960|1514960|1614960)\d{3}$/,
  /^\+44(?:191498|2890180|2920180|3069990|8081570|9098790)\d{3,4}$/,
  /^\+61(?:[2378](?:5550|7010)\d{4}|491570\d{3}|1800975\d{3})$/,
];

function isFictional(number: string): boolean {
  return fictional.some((range) => range.test(number));
}
