/**
 * The day, `yyyy-MM-dd`, that it is at a moment in an IANA zone. Reckoned here for every rule, never by PostgreSQL: that
 * takes CET, IST and others for abbreviations of its own, and its list of zones is of another age than the one by which
 * names are accepted.
 */
export function localDate(timeZone: string, moment: Date): string {
  const format = new Intl.DateTimeFormat("en", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  const parts = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]));
  const { year = "", month = "", day = "" } = parts;
  return `${year.padStart(4, "0")}-${month}-${day}`;
}
