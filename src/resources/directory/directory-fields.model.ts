import { isSupportedCountry } from "libphonenumber-js";

/** Violation text for a string that `isCountry` refuses. */
export const countryFormat =
  "Must be an ISO 3166-1 alpha-2 country code with a telephone numbering plan, for example US.";

/** Violation text for a string that `isTimeZone` refuses. */
export const timeZoneFormat =
  "Must be UTC or an IANA time zone in the form Area/Location, for example America/New_York.";

/** Whether a string is the ISO 3166-1 alpha-2 code of a country with a telephone numbering plan. */
export function isCountry(code: string): boolean {
  return isSupportedCountry(code);
}

/** SystemV/ names exist only in ICU. */
const zoneShape = /^(UTC|(?!SystemV\/)[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)+)$/;

/**
 * Whether a string is UTC or an IANA time zone in the form Area/Location. Short names are excluded: IST, CST or CET
 * mean different zones, or a fixed offset, in PostgreSQL and other systems. The zone list of ICU is not used, because
 * it lacks many ids, such as Asia/Kolkata.
 */
export function isTimeZone(zone: string): boolean {
  if (!zoneShape.test(zone)) return false;
  try {
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions();
    // A link resolves to its target zone. The same name in different case is not an IANA id.
    return timeZone === zone || timeZone.toLowerCase() !== zone.toLowerCase();
  } catch {
    return false;
  }
}
