import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { z } from "zod";
import { customIssue } from "./parse.js";

/** A moment, cut to the millisecond as all stored times are. */
export const moment = momentBy(Math.floor);

/** A bound for stored times: rounding it up to the millisecond changes nothing about which of them it admits. */
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
