import {
  getCountries,
  getCountryCallingCode,
  isSupportedCountry,
  type PhoneNumber,
  parsePhoneNumberFromString,
  validatePhoneNumberLength,
} from "libphonenumber-js/max";
import { todaysNumber } from "./numbering-plan.js";
import { maxSpellingChars, readSpelling } from "./phone-spelling.js";
import { isWithheldDigits } from "./withheld-caller.js";

/** The meaning of a text that should be a phone number. */
export type PhoneReading =
  | {
      readonly kind: "number";
      /** In E.164. */
      readonly number: string;
      /** "" if there is none. */
      readonly extension: string;
    }
  /** The text or digits that telephone systems send for a caller who withholds the number. */
  | { readonly kind: "withheld" }
  /** The reason is a sentence that says what was understood. */
  | { readonly kind: "unreadable"; readonly reason: string };

/**
 * Reads a phone number in any usual spelling, in E.164 or in the national format of the country. A blank before digits
 * that are a number of two countries is unreadable.
 *
 * @param country ISO 3166-1 alpha-2 code of the company; "" = only international numbers are readable
 */
export function readPhone(raw: string, country: string): PhoneReading {
  const reading = read(raw, country, nationalTexts);
  if (reading.kind !== "number" || !blankBeforeDigits.test(raw)) return reading;
  const abroad = readCallerPhone(raw, country);
  if (abroad.kind !== "number" || abroad.number === reading.number) return reading;
  return unreadable(`The blank can be a plus that was not encoded: ${abroad.number} or ${reading.number}.`);
}

/** A form sent ` 6591234567` for +65 9123 4567 without encoding the plus. Stored as national, it is another person's. */
const blankBeforeDigits = /^\s+[1-9]/;

/**
 * Reads what a telephone line provides: `readPhone`, and an international number without its plus. A plus in a query
 * string is decoded as a space, so digits behind a space are read first as international.
 */
export function readCallerPhone(raw: string, country: string): PhoneReading {
  return read(raw, country, lostPlus.test(raw) ? textsWithoutPlus : callerTexts);
}

/** At the start of the number, which a scheme can precede: `sip:+65…` in a query string arrives as `sip: 65…`. */
const lostPlus = /(?:^|\b(?:sips?|tel|whatsapp):)\s+[1-9]/i;

/**
 * The texts to try: ASCII digits, with a plus if they are international. The library receives nothing else, because its
 * reading of parameters (`;phone-context=`) keeps state between calls. Of the texts of one group the first valid number
 * is the right one, otherwise the first possible one. A later group is tried if none of an earlier one is possible.
 */
type Groups = (digits: string) => readonly (readonly string[])[];

/** Lines of every country provide `00` and `011`, whatever its own prefix of international numbers is. */
function nationalTexts(digits: string) {
  const [, abroad] = /^(?:00|011)([1-9]\d*)$/.exec(digits) ?? [];
  return [abroad === undefined ? [digits] : [digits, `+${abroad}`]];
}

function callerTexts(digits: string) {
  return [...nationalTexts(digits), [`+${digits}`]];
}

function textsWithoutPlus(digits: string) {
  return [[`+${digits}`, digits]];
}

function international(digits: string, withoutZero: string | undefined) {
  return withoutZero === undefined ? [`+${digits}`] : [`+${digits}`, `+${withoutZero}`];
}

function read(raw: string, country: string, groupsOf: Groups): PhoneReading {
  if (raw.length > maxSpellingChars) return unreadable(`It has more than ${maxSpellingChars} characters.`);
  const spelling: ReturnType<typeof readSpelling> = isE164.test(raw)
    ? { digits: raw.slice(1), hasPlus: true, extension: "" }
    : readSpelling(raw);
  if (spelling === "withheld") return { kind: "withheld" };
  if (!spelling) return unreadable("It is not the spelling of one phone number.");
  const digits = spelling.digits.replace(spelling.hasPlus ? /^00/ : /^00(?=[1-9])/, "");
  if (isWithheldDigits(digits)) return { kind: "withheld" };
  const groups = spelling.hasPlus ? [international(digits, spelling.withoutZero)] : groupsOf(spelling.digits);
  const number = firstReadable(groups, country);
  if (number === undefined) return unreadable(whyNot(groups[0]?.[0] ?? "", country));
  if (isWithheldDigits(number.slice(1))) return { kind: "withheld" };
  return { kind: "number", number, extension: spelling.extension };
}

/** What most callers and clients send. It needs no taking apart. */
const isE164 = /^\+[1-9]\d{6,14}$/;

function firstReadable(groups: ReturnType<Groups>, country: string): string | undefined {
  for (const texts of groups) {
    const possible = texts.flatMap((text) => toPossible(text, country));
    const found = possible.length > 1 ? (possible.find(({ isValid }) => isValid()) ?? possible[0]) : possible[0];
    if (found) return found.number;
  }
  return undefined;
}

/** A number that is possible today. An old form of it is possible in the plan before, so it needs no further check. */
function toPossible(text: string, country: string): { number: string; isValid: () => boolean }[] {
  const northAmerican = toNorthAmerican(text, country);
  if (northAmerican) return [{ number: northAmerican, isValid: () => parse(text, country)?.isValid() === true }];
  const found = parse(text, country);
  if (!found) return [];
  const number = todaysNumber(found.number);
  if (number !== found.number) return [{ number, isValid: () => true }];
  return isPossible(found, text) ? [{ number, isValid: () => found.isValid() }] : [];
}

/**
 * A number that is possible in each of the 25 countries that share +1. The library compares it with the numbers of all of them
 * first, which takes a twentieth of a customer query.
 */
function toNorthAmerican(text: string, country: string): string | undefined {
  if (/^\+1[2-9]\d{9}$/.test(text)) return text;
  return northAmerica.has(country) && /^[2-9]\d{9}$/.test(text) ? `+1${text}` : undefined;
}

const northAmerica: ReadonlySet<string> = new Set(
  getCountries().filter((country) => getCountryCallingCode(country) === "1"),
);

/**
 * A number is possible in every country or in none. Otherwise seven digits in Canada would be one: they are a local
 * number without its area code, but a few services there have seven digits.
 */
function isPossible(found: PhoneNumber, text: string): boolean {
  if (!found.isPossible()) return false;
  const isComplete = text.startsWith("+") || found.nationalNumber.length > 7;
  return isComplete || parse(found.number, "")?.isPossible() === true;
}

function parse(text: string, country: string): PhoneNumber | undefined {
  return parsePhoneNumberFromString(text, {
    extract: false,
    ...(isSupportedCountry(country) ? { defaultCountry: country } : {}),
  });
}

function unreadable(reason: string): PhoneReading {
  return { kind: "unreadable", reason };
}

/** What was understood of digits that are no possible number, and what is wrong with it. */
function whyNot(text: string, country: string): string {
  const options = { extract: false, ...(isSupportedCountry(country) ? { defaultCountry: country } : {}) };
  const found = parse(text, country);
  const read = found ? `Read as +${found.countryCallingCode} ${found.nationalNumber}` : `Read as ${text}`;
  switch (validatePhoneNumberLength(text, options)) {
    case "INVALID_COUNTRY":
      return `${read}, which has no known country code.`;
    case "TOO_LONG":
      return `${read}, which is too long.`;
    case "INVALID_LENGTH":
      return `${read}, whose length is not possible in its country.`;
    default:
      return `${read}, which is too short.`;
  }
}
