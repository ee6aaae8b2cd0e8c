import type { Violation } from "../core/errors.js";
import { omitUndefined, optionalId } from "./fields.js";
import { moment } from "./timestamp.js";

export const importTimes = { createdTime: moment.optional(), lastUpdatedTime: moment.optional() };

/** The import times that are set. */
export function importedTimes<
  T extends { readonly createdTime?: Date | undefined; readonly lastUpdatedTime?: Date | undefined },
>({ createdTime, lastUpdatedTime }: T) {
  return omitUndefined({ createdTime, lastUpdatedTime });
}

export const importAuthors = { createdBy: optionalId, lastUpdatedBy: optionalId };

/** The import actors that are set. */
export function importedActors({
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

/** A field of the imported record must be empty or repeat the value of the request. */
export function mismatchViolations(field: string, stated: string, given = ""): Violation[] {
  // A value missing from the request is reported separately.
  if (given === "" || stated === "" || given === stated) return [];
  return [{ field, reason: "CONFLICT", description: "Must be empty or equal to the value in the request." }];
}
