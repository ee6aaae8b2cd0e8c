import type { Principal } from "../core/principal.js";

/**
 * Schemas that read national phone numbers, made once per country.
 *
 * @returns the schema for an ISO 3166-1 alpha-2 code
 */
export function memoizePerCountry<T>(make: (country: string) => T): (country: string) => T {
  const made = new Map<string, T>();
  return (country) => {
    const known = made.get(country) ?? make(country);
    made.set(country, known);
    return known;
  };
}

/** The country of a company of the key; "" reads E.164 alone. */
export function countryOf(principal: Principal, companyId: string): string {
  return principal.companies.get(companyId)?.country ?? "";
}
