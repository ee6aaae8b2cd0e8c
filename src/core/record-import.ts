import type { Violation } from "./errors.js";
import { actingStaffId, type WriteContext } from "./write.js";

/** Times of a record migrated from another system. Absent: the time of the import. */
export interface ImportTimes {
  readonly createdTime?: Date;
  readonly lastUpdatedTime?: Date;
}

/** The times with which an imported record is stored. */
export function timesOf({ createdTime, lastUpdatedTime }: ImportTimes, now: Date): Required<ImportTimes> {
  return { createdTime: createdTime ?? now, lastUpdatedTime: lastUpdatedTime ?? now };
}

/** Neither time is in the future, and a record is not updated before it is created. */
export function timeViolations(times: ImportTimes, now: Date): Violation[] {
  const { createdTime, lastUpdatedTime } = timesOf(times, now);
  const violations: Violation[] = [];
  if (createdTime > now) {
    violations.push({ field: "created_time", reason: "OUT_OF_RANGE", description: "Must not be in the future." });
  }
  if (lastUpdatedTime > now) {
    violations.push({ field: "last_updated_time", reason: "OUT_OF_RANGE", description: "Must not be in the future." });
  } else if (lastUpdatedTime < createdTime) {
    violations.push({
      field: "last_updated_time",
      reason: "CONFLICT",
      description: "Must not be before created_time.",
    });
  }
  return violations;
}

/** Staff ids of the creator and last editor of a record. Absent: the staff member the API key acts for. */
export interface ImportAuthors {
  readonly createdBy?: string;
  readonly lastUpdatedBy?: string;
}

/** The actors with which an imported record is stored. Empty means unknown. */
export function authorsOf(
  { companyId, createdBy, lastUpdatedBy }: ImportAuthors & { readonly companyId: string },
  write: WriteContext,
): Required<ImportAuthors> {
  const staffId = actingStaffId(write, companyId);
  return { createdBy: createdBy ?? staffId, lastUpdatedBy: lastUpdatedBy ?? staffId };
}

/** Lookup for validating the actors of an import. */
export interface StaffLookup {
  /** Returns those ids that have never belonged to staff of the company. */
  missingStaff(ids: readonly string[]): Promise<ReadonlySet<string>>;
}

/** Actors must be current or former staff members of the company. */
export async function authorViolations(unit: StaffLookup, authors: ImportAuthors): Promise<Violation[]> {
  const given = [
    { field: "created_by", id: authors.createdBy },
    { field: "last_updated_by", id: authors.lastUpdatedBy },
  ];
  const missing = await unit.missingStaff(given.flatMap(({ id }) => id ?? []));
  return given
    .filter(({ id }) => id !== undefined && missing.has(id))
    .map(({ field }) => ({
      field,
      reason: "NOT_FOUND",
      description: "Must be a current or former staff member of the company.",
    }));
}

/** Prefixes the paths of violations with the field that contains the record. */
export function prefixPaths(field: string, violations: readonly Violation[]): Violation[] {
  return violations.map((violation) => ({ ...violation, field: `${field}.${violation.field}` }));
}
