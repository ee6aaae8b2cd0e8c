/**
 * The date, `yyyy-MM-dd`, at a given time in an IANA time zone. Always computed here and never by PostgreSQL: it
 * resolves names such as CET and IST to its own abbreviations, and its time zone list has a different version than the
 * one that validates names.
 */
export function localDate(timeZone: string, moment: Date): string {
  const format = new Intl.DateTimeFormat("en", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  const parts = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]));
  const { year = "", month = "", day = "" } = parts;
  return `${year.padStart(4, "0")}-${month}-${day}`;
}
