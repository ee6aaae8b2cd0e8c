import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js";

/** Longer than any number with punctuation. Parsing much longer strings takes minutes. */
const maxChars = 100;

/**
 * Parses a phone number in E.164 or in the national format of the country.
 *
 * @param country ISO 3166-1 alpha-2 code of the company
 * @returns E.164, or undefined if the number is not possible or has an extension, which would be lost
 */
export function parsePhone(raw: string, country: string): string | undefined {
  if (raw.length > maxChars) return undefined;
  const parsed = parsePhoneNumberFromString(raw, { extract: false, ...countryOption(country) });
  if (!parsed?.isPossible() || parsed.ext) return undefined;
  return parsed.number;
}

function countryOption(country: string): { defaultCountry?: CountryCode } {
  return isSupportedCountry(country) ? { defaultCountry: country } : {};
}
