import { enumeration, type WordOf } from "./enumeration.js";

/**
 * Why a record is not in a followed list any more. MOVED: it is now somewhere that the list does not show. MERGED: another
 * record has everything now.
 */
export const departureReasons = enumeration("ERASED", "MOVED", "MERGED");

export type DepartureReason = WordOf<typeof departureReasons>;

/** A record that left a followed list. There is nothing else to know of it. */
export interface Departed {
  readonly departed: DepartureReason;
  readonly companyId: string;
  readonly id: string;
  /** When it left. Orders it among the records of the list. */
  readonly lastUpdatedTime: Date;
  /** The record that it was merged into, if the list can show that one. */
  readonly mergedInto?: string;
}

/** An entry of a list: a record or, if the list is followed by time of change, one that left it. */
export type Listed<T> = T | Departed;

export function isDeparted(entry: object): entry is Departed {
  return "departed" in entry;
}

/** The records among the entries of a page. */
export function recordsAmong<T extends object>(entries: readonly Listed<T>[]): readonly T[] {
  return entries.filter((entry): entry is T => !isDeparted(entry));
}
