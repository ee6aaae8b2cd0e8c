import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js";

/** What a text that stands for a phone number says. */
export type PhoneReading =
  | { readonly kind: "number"; readonly number: string; readonly extension: string }
  /** The text or digits that telephone systems send for a caller who withheld the number. */
  | { readonly kind: "withheld" }
  | { readonly kind: "unreadable" };

/** Longer than any number with punctuation. Parsing much longer strings takes minutes. */
const maxChars = 100;

/**
 * Reads a phone number in E.164 or in the national format of the country.
 *
 * @param country ISO 3166-1 alpha-2 code of the company; "" = only E.164 is readable
 */
export function readPhone(raw: string, country: string): PhoneReading {
  if (raw.length > maxChars) return { kind: "unreadable" };
  const parsed = parsePhoneNumberFromString(raw, { extract: false, ...countryOption(country) });
  if (!parsed?.isPossible() || parsed.ext) return { kind: "unreadable" };
  return { kind: "number", number: parsed.number, extension: "" };
}

/**
 * Reads what a telephone line provides: `readPhone`, and an international number without its plus. A plus in a query
 * string is decoded as a space.
 */
export function readCallerPhone(raw: string, country: string): PhoneReading {
  const tel = raw.trim().replace(/^tel:/i, "");
  const reading = readPhone(tel, country);
  if (reading.kind !== "unreadable" || !/^\d/.test(tel)) return reading;
  return readPhone(`+${tel.replace(/^00/, "")}`, country);
}

/** All texts in E.164 under which the line of a number may be stored, the number itself included. */
export function phoneForms(number: string): readonly string[] {
  return [number];
}

function countryOption(country: string): { defaultCountry?: CountryCode } {
  return isSupportedCountry(country) ? { defaultCountry: country } : {};
}
