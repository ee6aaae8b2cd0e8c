import type { Violation } from "../core/errors.js";
import { omitUndefined, optionalId } from "./fields.js";
import { moment } from "./timestamp.js";

/** The times that an import states. */
export const importTimes = { createdTime: moment.optional(), lastUpdatedTime: moment.optional() };

/** The stated times without those that were not. */
export function importedTimes<
  T extends { readonly createdTime?: Date | undefined; readonly lastUpdatedTime?: Date | undefined },
>({ createdTime, lastUpdatedTime }: T) {
  return omitUndefined({ createdTime, lastUpdatedTime });
}

/** The authors that an import states. */
export const importAuthors = { createdBy: optionalId, lastUpdatedBy: optionalId };

/** The stated authors without those that were not. */
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

/** The record in an import may repeat what the request says of it, and say nothing else. */
export function mismatchViolations(field: string, stated: string, given = ""): Violation[] {
  // What is missing from the request is a violation of its own.
  if (given === "" || stated === "" || given === stated) return [];
  return [{ field, reason: "CONFLICT", description: "Must be empty or equal to the value in the request." }];
}
