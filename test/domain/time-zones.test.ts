import { expect, it } from "vitest";
import { hasTimeZone, localDate, timeZoneVersion } from "../../src/core/time-zones.js";

/** Zones that changed in tz 2026b to 2026f, each at a moment at which data of 2025 has another date. */
it.each([
  ["America/Vancouver", "2026-12-01T07:30:00Z", "2026-12-01"],
  ["America/Edmonton", "2026-12-01T06:30:00Z", "2026-12-01"],
  ["America/Winnipeg", "2026-12-01T05:30:00Z", "2026-12-01"],
  ["America/Yellowknife", "2026-12-01T06:30:00Z", "2026-12-01"],
  ["America/Los_Angeles", "2026-12-01T07:30:00Z", "2026-11-30"],
  ["America/New_York", "2026-07-01T03:59:59.999Z", "2026-06-30"],
  ["America/New_York", "2026-07-01T04:00:00Z", "2026-07-01"],
  ["America/New_York", "2026-12-01T04:30:00Z", "2026-11-30"],
  ["Asia/Kolkata", "2026-01-01T18:30:00Z", "2026-01-02"],
  ["Pacific/Kiritimati", "2026-01-01T10:00:00Z", "2026-01-02"],
  ["Etc/GMT+12", "2026-01-02T11:59:00Z", "2026-01-01"],
  ["UTC", "2026-01-01T23:59:59Z", "2026-01-01"],
])("it is a date in %s at %s: %s", (zone, time, date) => {
  expect(localDate(zone, new Date(time))).toBe(date);
});

it("has data that are not older than 2026f, and every zone that Node.js knows", () => {
  expect(timeZoneVersion >= "2026f").toBe(true);
  expect(Intl.supportedValuesOf("timeZone").filter((zone) => !hasTimeZone(zone))).toEqual([]);
  expect(["america/new_york", "AET", "", "Mars/Phobos"].filter(hasTimeZone)).toEqual([]);
});
