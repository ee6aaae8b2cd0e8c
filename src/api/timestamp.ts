import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { z } from "zod";
import type { TimeRange } from "../core/page.js";
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
