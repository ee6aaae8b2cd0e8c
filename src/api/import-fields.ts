import type { z } from "zod";
import type { Violation } from "../core/errors.js";
import { id, omitUndefined, optionalClientId, optionalId } from "./fields.js";
import { moment } from "./google-types.js";

/** The id to keep for a record migrated from another system. If empty, the server generates one. */
export const importedId = optionalClientId.transform((value) => value || undefined);

export const newResourceFields = { companyId: id, id: importedId };

export const importTimes = { createdTime: moment.optional(), lastUpdatedTime: moment.optional() };

export function importedTimes({ createdTime, lastUpdatedTime }: Parsed<typeof importTimes>) {
  return omitUndefined({ createdTime, lastUpdatedTime });
}

export const importAuthors = { createdBy: optionalId, lastUpdatedBy: optionalId };

export function importedActors({ createdBy, lastUpdatedBy }: Parsed<typeof importAuthors>) {
  return { ...(createdBy === "" ? {} : { createdBy }), ...(lastUpdatedBy === "" ? {} : { lastUpdatedBy }) };
}

type Parsed<Fields extends z.ZodRawShape> = z.output<z.ZodObject<Fields>>;

/** A field of the imported record must be empty or repeat the value of the request. */
export function mismatchViolations(field: string, stated: string, given = ""): Violation[] {
  // A value missing from the request is reported separately.
  if (given === "" || stated === "" || given === stated) return [];
  return [{ field, reason: "CONFLICT", description: "Must be empty or equal to the value in the request." }];
}
