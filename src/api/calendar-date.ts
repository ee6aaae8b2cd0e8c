import { z } from "zod";
import { customIssue } from "./parse.js";

const dateParts = z.object({ year: z.number(), month: z.number(), day: z.number() });

/** A `google.type.Date` that exists in the calendar, as `yyyy-MM-dd`. */
export const calendarDate = dateParts.transform(toDay);

/** As above, but an all-zero date is null. */
export const clearableCalendarDate = dateParts.transform((date, context) =>
  date.year === 0 && date.month === 0 && date.day === 0 ? null : toDay(date, context),
);

function toDay({ year, month, day }: z.output<typeof dateParts>, context: z.RefinementCtx): string {
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  const exists = year >= 1 && year <= 9999 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!exists)
    context.addIssue(customIssue("OUT_OF_RANGE", "Must be a full date (year, month, day) with a year from 1 to 9999."));
  const padded = (number: number, size: number) => String(number).padStart(size, "0");
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`;
}

export function toProtoDate(date: string) {
  const [year = 0, month = 0, day = 0] = date.split("-").map(Number);
  return { year, month, day };
}
