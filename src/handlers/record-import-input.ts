import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import { z } from "zod";
import type { Violation } from "../domain/errors.js";
import { optionalId, withoutUndefined } from "./fields.js";
import { because } from "./parse.js";

/** A moment, cut to the millisecond as all stored times are; absent = not said. */
export const moment = z
  .custom<Timestamp>()
  .optional()
  .transform((value, context) => {
    if (!value) return undefined;
    const date = timestampDate(value);
    const year = date.getUTCFullYear();
    if (year >= 1 && year <= 9999 && value.nanos >= 0 && value.nanos < 1e9) return date;
    context.addIssue(because("OUT_OF_RANGE", "Must be a time of the years 0001 to 9999."));
    return z.NEVER;
  });

/** The times that an import states. */
export const importTimes = { createdTime: moment, lastUpdatedTime: moment };

/** The stated times without those that were not. */
export function statedTimes<
  T extends { readonly createdTime?: Date | undefined; readonly lastUpdatedTime?: Date | undefined },
>({ createdTime, lastUpdatedTime }: T) {
  return withoutUndefined({ createdTime, lastUpdatedTime });
}

/** The authors that an import states. */
export const importAuthors = { createdBy: optionalId, lastUpdatedBy: optionalId };

/** The stated authors without those that were not. */
export function statedAuthors({
  createdBy,
  lastUpdatedBy,
}: {
  readonly createdBy: string;
  readonly lastUpdatedBy: string;
}) {
  return {
    ...(createdBy === "" ? {} : { createdBy }),
    ...(lastUpdatedBy === "" ? {} : { lastUpdatedBy }),
  };
}

/** The record in an import may repeat what the request says of it, and say nothing else. */
export function repetitionViolations(field: string, stated: string, given = ""): Violation[] {
  // What is missing from the request is a violation of its own.
  if (given === "" || stated === "" || given === stated) return [];
  return [{ field, reason: "CONFLICT", description: "Differs from that of the request." }];
}
