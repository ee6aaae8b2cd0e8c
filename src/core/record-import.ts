import type { Violation } from "./errors.js";
import type { ImportedNote } from "./note.js";
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

interface StaffLookup {
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

/** Records nested in an imported record, which can keep their ids. */
export type NestedRecordKind = "address" | "note" | "pet" | "petNote";

/** A nested record of an import, with the path of its message in the request. */
export interface NestedRecord extends ImportTimes, ImportAuthors {
  readonly kind: NestedRecordKind;
  readonly field: string;
  readonly id?: string;
}

export interface NestedRecordLookup extends StaffLookup {
  /** Timestamp of the change, by the clock of the database. */
  readonly now: Date;
  /** Which of the ids already exist for this kind in the company. Ids of removed pets are included. */
  taken(kind: NestedRecordKind, ids: readonly string[]): Promise<ReadonlySet<string>>;
}

/** What the import of a record looks up in its transaction. */
export interface ImportLookups extends NestedRecordLookup {
  /** Whether the company has a record with the id of this import, archived or not. */
  exists(): Promise<boolean>;
  /**
   * Whether a record with the id of this import was erased. Reliable only after the record is stored, because storing
   * it waits for a concurrent erasure.
   */
  isErased(): Promise<boolean>;
  /** Whether the company merged a customer with this id into another one. */
  isMerged(): Promise<boolean>;
}

export function nestedNotes(kind: "note" | "petNote", field: string, notes: readonly ImportedNote[]): NestedRecord[] {
  return notes.map(({ text: _, ...note }, index) => ({ kind, field: `${field}[${index}]`, ...note }));
}

/** Ids must be unique in the company, times must not be in the future, and actors must be or have been on the staff. */
export async function nestedViolations(
  unit: NestedRecordLookup,
  nested: readonly NestedRecord[],
): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const kind of new Set(nested.map((one) => one.kind))) {
    violations.push(
      ...(await takenViolations(
        unit,
        kind,
        nested.filter((one) => one.kind === kind),
      )),
    );
  }
  const authors = nested.flatMap(({ createdBy, lastUpdatedBy }) => [createdBy, lastUpdatedBy]);
  const missing = await unit.missingStaff(authors.flatMap((id) => id ?? []));
  for (const one of nested) {
    const strangers = await authorViolations({ missingStaff: async () => missing }, one);
    violations.push(...prefixPaths(one.field, [...untimely(one, unit.now), ...strangers]));
  }
  return violations;
}

async function takenViolations(
  unit: NestedRecordLookup,
  kind: NestedRecordKind,
  nested: readonly NestedRecord[],
): Promise<readonly Violation[]> {
  const ids = nested.flatMap(({ id }) => id ?? []);
  const taken = new Set(ids.length === 0 ? [] : await unit.taken(kind, ids));
  return nested.flatMap(({ field, id }) => {
    if (id === undefined) return [];
    const isTaken = taken.has(id);
    taken.add(id);
    const description = "Must be unique within the company and the request.";
    return isTaken ? [{ field: `${field}.id`, reason: "CONFLICT", description }] : [];
  });
}

function untimely({ kind, createdTime, lastUpdatedTime }: NestedRecord, now: Date): Violation[] {
  if (lastUpdatedTime === undefined && createdTime === undefined) return [];
  const given = { ...(createdTime ? { createdTime } : {}), ...(lastUpdatedTime ? { lastUpdatedTime } : {}) };
  if (kind === "pet") return timeViolations(given, now);
  // A note contains only the time of its last update.
  return timeViolations({ createdTime: now, ...given }, now).filter(({ reason }) => reason === "OUT_OF_RANGE");
}
