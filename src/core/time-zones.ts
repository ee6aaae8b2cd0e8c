import zones from "moment-timezone";

/**
 * Version of the IANA time zone data in use. It comes with a library and not with Node.js: Node.js 20.20.2 contains 2025c,
 * which is an hour wrong for British Columbia, Alberta, Manitoba, the Northwest Territories and Morocco since 2026.
 */
export const timeZoneVersion: string = zones.tz.dataVersion;

/** Whether the data has a zone or link of exactly this name. */
export function hasTimeZone(name: string): boolean {
  return zones.tz.zone(name)?.name === name;
}

/**
 * The date, `yyyy-MM-dd`, at a given time in an IANA time zone. Always computed here and never by PostgreSQL: it
 * resolves names such as CET and IST to its own abbreviations, and has another version of the data. From 2038 on there is
 * no daylight saving time.
 */
export function localDate(timeZone: string, time: Date): string {
  const zone = zones.tz.zone(timeZone);
  return zone ? zones.tz(time, zone.name).format("YYYY-MM-DD") : localDateByNode(timeZone, time);
}

/** How many minutes the clocks of a time zone are ahead of UTC at a given time; undefined for an unknown name. */
export function offsetMinutes(timeZone: string, time: Date): number | undefined {
  return hasTimeZone(timeZone) ? zones.tz(time, timeZone).utcOffset() : undefined;
}

/** The first moment of a date, `yyyy-MM-dd`, or of the next one that the time zone has, to the millisecond. */
export function startOfDay(timeZone: string, date: string): Date {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  // No time zone is further from UTC.
  let [before, reached] = [midnight - maxOffsetMs, midnight + maxOffsetMs];
  while (reached - before > 1) {
    const middle = Math.floor((before + reached) / 2);
    if (localDate(timeZone, new Date(middle)) >= date) reached = middle;
    else before = middle;
  }
  return new Date(reached);
}

const dayMs = 86_400_000;
const maxOffsetMs = 1.5 * dayMs;

/** The date so many days later, `yyyy-MM-dd`. */
export function laterDay(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);
}

/** How many days the second date is after the first. */
export function daysBetween(first: string, second: string): number {
  return (Date.parse(`${second}T00:00:00Z`) - Date.parse(`${first}T00:00:00Z`)) / dayMs;
}

/** The same time of day so many days later. */
export function laterTime(timeZone: string, time: Date, days: number): Date {
  const zone = zones.tz.zone(timeZone);
  return zone ? zones.tz(time, zone.name).add(days, "days").toDate() : new Date(time.getTime() + days * dayMs);
}

/**
 * The moment at which clocks show the time of day on the date, `yyyy-MM-dd`. One that clocks skip is as much later, and of one
 * that they show twice it is the first.
 */
export function atLocalTime(timeZone: string, date: string, timeOfDay: string): Date {
  const zone = zones.tz.zone(timeZone);
  if (zone) return zones.tz(`${date}T${timeOfDay}`, zone.name).toDate();
  return new Date(startOfDay(timeZone, date).getTime() + Date.parse(`1970-01-01T${timeOfDay}Z`));
}

/** For names that only Node.js knows, such as AET. They are no longer accepted but may be stored. */
function localDateByNode(timeZone: string, time: Date): string {
  const format = new Intl.DateTimeFormat("en", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, value]));
  const { year = "", month = "", day = "" } = parts;
  return `${year.padStart(4, "0")}-${month}-${day}`;
}
