import type { Violation } from "./errors.js";

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
    violations.push({ field: "created_time", reason: "OUT_OF_RANGE", description: "Must not lie in the future." });
  }
  if (lastUpdatedTime > now) {
    violations.push({ field: "last_updated_time", reason: "OUT_OF_RANGE", description: "Must not lie in the future." });
  } else if (lastUpdatedTime < createdTime) {
    violations.push({ field: "last_updated_time", reason: "CONFLICT", description: "Must not precede created_time." });
  }
  return violations;
}

/** The violations with paths from a request that holds the record in this field. */
export function within(field: string, violations: readonly Violation[]): Violation[] {
  return violations.map((violation) => ({ ...violation, field: `${field}.${violation.field}` }));
}
