import { offsetMinutes, timeZoneVersion } from "../../core/time-zones.js";
import { readOffsets } from "../../db/database-facts.js";
import { type Check, ok, warning } from "./check.js";

/** Zones whose rules changed in 2025 and 2026. */
const recentlyChanged = [
  "Africa/Casablanca",
  "America/Edmonton",
  "America/Vancouver",
  "America/Winnipeg",
  "America/Asuncion",
];
const months = 24;

/**
 * Compares the offsets that PostgreSQL and Node.js have for the time zones of companies, and for zones of which the rules
 * changed, with those of moego. PostgreSQL does not tell the version of its data.
 */
export async function checkTimeZones(url: string, zones: readonly string[]): Promise<Check> {
  const all = [...new Set([...zones, ...recentlyChanged])];
  const times = firstsOfMonths(new Date());
  const ofDatabase = await readOffsets(url, all, times);
  const differs = (offsets: (zone: string) => readonly number[] | undefined) =>
    all.filter((zone) => offsets(zone)?.join() !== times.map((time) => offsetMinutes(zone, time)).join());
  const inDatabase = differs((zone) => ofDatabase.get(zone));
  const inNode = differs((zone) => times.map((time) => offsetOfNode(zone, time)));
  const text = `moego uses ${timeZoneVersion}, Node.js has ${process.versions["tz"] ?? "none"}`;
  if (inDatabase.length + inNode.length === 0)
    return ok("Time zones", `${text}, and PostgreSQL agrees for ${all.length} zones`);
  const faults = [
    ...(inNode.length > 0 ? [`Node.js differs for ${inNode.join(", ")}`] : []),
    ...(inDatabase.length > 0 ? [`PostgreSQL differs for ${inDatabase.join(", ")}`] : []),
  ];
  return warning(
    "Time zones",
    `${text}; ${faults.join("; ")}. moego is right, but reports made by SQL can be an hour off.`,
  );
}

function firstsOfMonths(now: Date): readonly Date[] {
  return Array.from(
    { length: months },
    (_, month) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + month, 1)),
  );
}

/** In minutes, from `GMT-07:00`. */
function offsetOfNode(timeZone: string, time: Date): number {
  const format = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" });
  const name = format.formatToParts(time).find(({ type }) => type === "timeZoneName")?.value ?? "";
  const [, sign = "+", hours = "0", minutes = "0"] = /([+-])(\d\d):(\d\d)/.exec(name) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
