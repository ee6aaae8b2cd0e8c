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

/** What stands within a record that is imported and may keep its id. */
export type NestedRecordKind = "address" | "note" | "pet" | "petNote";

/** Something within an import, by the path of its message in the request. */
export interface NestedRecord extends ImportTimes, ImportAuthors {
  readonly kind: NestedRecordKind;
  readonly field: string;
  readonly id?: string;
}

/** Where an import looks up what is within it. */
export interface NestedRecordLookup extends StaffLookup {
  /** The stamp of the change, by the database's clock. */
  readonly now: Date;
  /** Which of these ids the company has for something of the kind; those of pets that were removed count too. */
  taken(kind: NestedRecordKind, ids: readonly string[]): Promise<ReadonlySet<string>>;
}

export function nestedNotes(kind: "note" | "petNote", field: string, notes: readonly ImportedNote[]): NestedRecord[] {
  return notes.map(({ text: _, ...note }, index) => ({ kind, field: `${field}[${index}]`, ...note }));
}

/** Ids are unique in the company, no time is to come, authors were of the staff. */
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
  // A note says only when it was last written.
  return timeViolations({ createdTime: now, ...given }, now).filter(({ reason }) => reason === "OUT_OF_RANGE");
}
