import { expect, it } from "vitest";
import { hasTimeZone, laterDay, localDate, startOfDay, timeZoneVersion } from "../../src/core/time-zones.js";

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

it("a day starts where its date does, also where midnight or the whole day is missing", () => {
  expect(startOfDay("America/Vancouver", "2026-12-01").toISOString()).toBe("2026-12-01T07:00:00.000Z");
  // Clocks go from 24:00 to 1:00.
  expect(startOfDay("America/Santiago", "2026-09-06").toISOString()).toBe("2026-09-06T04:00:00.000Z");
  // The 30th never was.
  expect(startOfDay("Pacific/Apia", "2011-12-30")).toEqual(startOfDay("Pacific/Apia", "2011-12-31"));
  for (const zone of ["Pacific/Kiritimati", "Etc/GMT+12", "Asia/Kathmandu", "America/New_York", "AET"]) {
    for (const day of ["1900-01-01", "2026-03-08", "2026-11-01", "2099-12-31"]) {
      const start = startOfDay(zone, day);
      expect([localDate(zone, start), localDate(zone, new Date(start.getTime() - 1)) < day]).toEqual([day, true]);
    }
  }
});

it("counts days in the calendar", () => {
  expect(laterDay("2026-12-31", 1)).toBe("2027-01-01");
  expect(laterDay("2028-02-28", 1)).toBe("2028-02-29");
  expect(laterDay("2026-03-09", -1)).toBe("2026-03-08");
});
