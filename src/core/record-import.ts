import type { Violation } from "./errors.js";
import { actingStaffId, type WriteContext } from "./write.js";

/** Times of a record that another system has kept; absent = now. */
export interface ImportTimes {
  readonly createdTime?: Date;
  readonly lastUpdatedTime?: Date;
}

/** The times that an imported record is stored with. */
export function timesOf({ createdTime, lastUpdatedTime }: ImportTimes, now: Date): Required<ImportTimes> {
  return { createdTime: createdTime ?? now, lastUpdatedTime: lastUpdatedTime ?? now };
}

/** Neither time may lie in the future, and nothing changes before it is created. */
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

/** Who made and who last changed a record, by staff id; absent = whom the key acts for. */
export interface ImportAuthors {
  readonly createdBy?: string;
  readonly lastUpdatedBy?: string;
}

/** The authors that an imported record is stored with; empty = nobody is known. */
export function authorsOf(
  { companyId, createdBy, lastUpdatedBy }: ImportAuthors & { readonly companyId: string },
  write: WriteContext,
): Required<ImportAuthors> {
  const staffId = actingStaffId(write, companyId);
  return { createdBy: createdBy ?? staffId, lastUpdatedBy: lastUpdatedBy ?? staffId };
}

/** Where an import looks up its authors. */
export interface StaffLookup {
  /** Which of these staff members the company has never had. */
  missingStaff(ids: readonly string[]): Promise<ReadonlySet<string>>;
}

/** The authors were members of the company's staff, whether they still are or not. */
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

/** The violations with paths from a request that holds the record in this field. */
export function prefixPaths(field: string, violations: readonly Violation[]): Violation[] {
  return violations.map((violation) => ({ ...violation, field: `${field}.${violation.field}` }));
}
