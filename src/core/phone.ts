import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js";

/** Longer than any number with its punctuation; the parser takes minutes for what is much longer. */
const maxChars = 100;

/**
 * Reads a phone number: E.164, or a national spelling of the given country.
 *
 * @param country ISO 3166-1 alpha-2 code of the company
 * @returns E.164, or undefined when it is no possible number (or carries an extension, which would be lost)
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
