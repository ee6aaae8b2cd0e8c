import { create } from "@bufbuild/protobuf";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { z } from "zod";
import { type Money, priceFaults } from "../core/money.js";
import type { TimeRange } from "../core/page.js";
import { MoneySchema } from "../gen/proto/google/type/money_pb.js";
import { customIssue } from "./parse.js";

/** A timestamp, truncated to milliseconds like all stored times. */
export const moment = momentBy(Math.floor);

/** A bound that stored times are compared with. Rounding up to the millisecond does not change which of them match. */
export const momentBound = momentBy(Math.ceil);

function momentBy(round: (ms: number) => number) {
  return z.custom<Timestamp>().transform(({ seconds, nanos }, context) => {
    const date = new Date(Number(seconds) * 1_000 + round(nanos / 1e6));
    const year = date.getUTCFullYear();
    if (year >= 1 && year <= 9999 && nanos >= 0 && nanos < 1e9) return date;
    context.addIssue(customIssue("OUT_OF_RANGE", "Must be a timestamp with a year from 0001 to 9999."));
    return z.NEVER;
  });
}

/** A half-open `google.type.Interval`. A start after the end is a violation. */
export const interval = z
  .object({ startTime: momentBound.optional(), endTime: momentBound.optional() })
  .transform(({ startTime: start, endTime: end }, context): TimeRange => {
    if (start && end && start > end)
      context.addIssue(customIssue("CONFLICT", "start_time must not be after end_time."));
    return { ...(start ? { start } : {}), ...(end ? { end } : {}) };
  });

const dateParts = z.object({ year: z.number(), month: z.number(), day: z.number() });

/** A `google.type.Date` that exists in the calendar, as `yyyy-MM-dd`. */
export const calendarDate = dateParts.transform(toDay);

/**
 * The same, also of a year and a month (`yyyy-MM`) or a year alone (`yyyy`): the parts that are not known are 0. An
 * all-zero date is null.
 */
export const clearablePartialDate = dateParts.transform((date, context) => {
  const { year, month, day } = date;
  if (year === 0 && month === 0 && day === 0) return null;
  if (day !== 0) return toDay(date, context);
  const isKnown = year >= 1 && year <= 9999 && month >= 0 && month <= 12;
  if (!isKnown) context.addIssue(customIssue("OUT_OF_RANGE", "Must be a full date, a year and a month, or a year."));
  return month === 0 ? padded(year, 4) : `${padded(year, 4)}-${padded(month, 2)}`;
});

function toDay({ year, month, day }: z.output<typeof dateParts>, context: z.RefinementCtx): string {
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  const exists = year >= 1 && year <= 9999 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!exists)
    context.addIssue(customIssue("OUT_OF_RANGE", "Must be a full date (year, month, day) with a year from 1 to 9999."));
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`;
}

function padded(number: number, size: number): string {
  return String(number).padStart(size, "0");
}

/** Not made by `create`, which takes most of the time of a list: what a message is created from is encoded as well. */
export function toTimestamp(date: Date) {
  const ms = date.getTime();
  const seconds = Math.floor(ms / 1_000);
  return { seconds: BigInt(seconds), nanos: (ms - seconds * 1_000) * 1_000_000 };
}

/** Of a partial date, the parts that are not known are 0. */
export function toProtoDate(date: string) {
  const [year = 0, month = 0, day = 0] = date.split("-").map(Number);
  return { year, month, day };
}

/** A non-negative `google.type.Money`. */
export const price = z
  .object({ currencyCode: z.string(), units: z.bigint(), nanos: z.number() })
  .transform((given, context): Money => {
    for (const { member, reason, description } of priceFaults(given)) {
      context.addIssue({ ...customIssue(reason, description), path: [member] });
    }
    return given;
  });

export function toProtoMoney(money: Money) {
  return create(MoneySchema, money);
}
