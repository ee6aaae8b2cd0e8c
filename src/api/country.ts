import type { Principal } from "../core/principal.js";

/**
 * Caches a schema per country, because parsing national phone numbers depends on it.
 *
 * @returns a function from an ISO 3166-1 alpha-2 code to the schema
 */
export function memoizePerCountry<T>(make: (country: string) => T): (country: string) => T {
  const made = new Map<string, T>();
  return (country) => {
    const known = made.get(country) ?? make(country);
    made.set(country, known);
    return known;
  };
}

/** The country of a company that the principal can access, otherwise "". With "" only E.164 numbers are valid. */
export function countryOf(principal: Principal, companyId: string): string {
  return principal.companies.get(companyId)?.country ?? "";
}
