import { isSupportedCountry } from "libphonenumber-js";

/** Violation text for a string that `isCountry` refuses. */
export const countryFormat =
  "Must be an ISO 3166-1 alpha-2 country code with a telephone numbering plan, for example US.";

/** Violation text for a string that `isTimeZone` refuses. */
export const timeZoneFormat =
  "Must be UTC or an IANA time zone in the form Area/Location, for example America/New_York.";

/** Whether a text is the ISO 3166-1 alpha-2 code of a country that has telephone numbers. */
export function isCountry(code: string): boolean {
  return isSupportedCountry(code);
}

/** SystemV/ is ICU's alone. */
const zoneShape = /^(UTC|(?!SystemV\/)[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)+)$/;

/**
 * Whether a text is UTC or an IANA zone id of area and location in its own spelling. Short names are none: IST, CST or CET
 * mean one zone here and another, or a fixed offset, in PostgreSQL and other systems. The list of ICU lacks many ids, such
 * as Asia/Kolkata.
 */
export function isTimeZone(zone: string): boolean {
  if (!zoneShape.test(zone)) return false;
  try {
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions();
    // A link resolves to the zone behind it; the same letters in another case are no IANA id.
    return timeZone === zone || timeZone.toLowerCase() !== zone.toLowerCase();
  } catch {
    return false;
  }
}
