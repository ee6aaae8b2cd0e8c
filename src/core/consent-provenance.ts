import { isDeepStrictEqual } from "node:util";
import { enumeration, type WordOf } from "./enumeration.js";
import { type Violation, violation } from "./errors.js";

/** How a consent, or its withdrawal, was given. */
export const consentSources = enumeration("FORM", "IMPORT", "PHONE", "KEYWORD", "PAPER", "IN_PERSON", "API");

export type ConsentSource = WordOf<typeof consentSources>;

/** What proves a consent. Empty means unknown. */
export interface ConsentEvidence {
  /** The page or the number. Free text, removed by an erasure. */
  readonly reference: string;
  readonly wordingVersion: string;
  readonly language: string;
  /** The address of the person. Free text, removed by an erasure. */
  readonly address: string;
}

/** Where a change of consent comes from. The server records the rest: the RPC, the API key and its staff member. */
export interface ConsentProvenance {
  /** Only in imports. Absent: the time of the change. */
  readonly givenTime?: Date;
  readonly source?: ConsentSource;
  readonly evidence?: ConsentEvidence;
  /** Staff id, only in imports. Absent: the staff member the API key acts for. */
  readonly recordedBy?: string;
}

export const noEvidence: ConsentEvidence = { reference: "", wordingVersion: "", language: "", address: "" };

/** Whether a consent was given in the same way. Times count only if they were stated. */
export function sameProvenance(stated: ConsentProvenance, known: ConsentProvenance = {}): boolean {
  const { givenTime } = stated;
  const facts = ({ source = "API", evidence = noEvidence, recordedBy = "" }: ConsentProvenance) => [
    ...[source, recordedBy, evidence.reference, evidence.wordingVersion, evidence.language, evidence.address],
  ];
  if (givenTime && givenTime.getTime() !== known.givenTime?.getTime()) return false;
  return isDeepStrictEqual(facts(stated), facts(known));
}

/** No consent to messages is older than this. */
const earliest = new Date("1990-01-01T00:00:00Z");

/** Faults of an imported consent, at paths within the consent. */
export async function provenanceViolations(
  { givenTime, recordedBy }: ConsentProvenance = {},
  now: Date,
  missingStaff: (ids: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<Violation[]> {
  const isStranger = recordedBy !== undefined && (await missingStaff([recordedBy])).has(recordedBy);
  return [
    ...(givenTime && givenTime > now ? [violation("given_time", "OUT_OF_RANGE", "Must not be in the future.")] : []),
    ...(givenTime && givenTime < earliest
      ? [violation("given_time", "OUT_OF_RANGE", "Must not be before 1990-01-01T00:00:00Z.")]
      : []),
    ...(isStranger
      ? [violation("recorded_by", "NOT_FOUND", "Must be a current or former staff member of the company.")]
      : []),
  ];
}

/** The provenance with which an imported consent is stored. A consent that the import states is as old as the record. */
export function importedProvenance(
  given: ConsentProvenance | undefined,
  { statesConsent, createdTime }: { readonly statesConsent: boolean; readonly createdTime: Date },
): ConsentProvenance {
  return { source: "IMPORT", ...(statesConsent ? { givenTime: createdTime } : {}), ...given };
}
