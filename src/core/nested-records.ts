import type { Violation } from "./errors.js";
import type { ImportedNote } from "./imported-note.js";
import {
  authorViolations,
  type ImportAuthors,
  type ImportTimes,
  prefixPaths,
  type StaffLookup,
  timeViolations,
} from "./record-import.js";

/** Records nested in an imported record, which can keep their ids. */
export type NestedRecordKind = "address" | "note" | "pet" | "petNote";

/** A nested record of an import, with the path of its message in the request. */
export interface NestedRecord extends ImportTimes, ImportAuthors {
  readonly kind: NestedRecordKind;
  readonly field: string;
  readonly id?: string;
}

/** Lookups for validating nested records. */
export interface NestedRecordLookup extends StaffLookup {
  /** Timestamp of the change, by the clock of the database. */
  readonly now: Date;
  /** Which of the ids already exist for this kind in the company. Ids of removed pets are included. */
  taken(kind: NestedRecordKind, ids: readonly string[]): Promise<ReadonlySet<string>>;
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
