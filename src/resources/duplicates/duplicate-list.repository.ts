import type { Cursor, Page } from "../../core/page.js";
import type { Database } from "../../db/database.js";
import { namedStatement } from "../../db/named-statement.js";
import { changeHorizon } from "../../db/record-list.js";
import {
  type CustomerDuplicates,
  confidences,
  type DuplicateFilter,
  type DuplicatePage,
  maxListedDuplicates,
  maxReadCustomers,
  pairMatches,
} from "./duplicate.model.js";
import { duplicatesSql, readAtOnce } from "./duplicate-list.columns.js";

interface WalkedRow {
  readonly id: string;
  readonly place: Date;
  /** Its place among those that the statement read. */
  readonly n: number;
  /** Null if it has none, of the last customer that was read. */
  readonly duplicates: readonly DuplicateRow[] | null;
}

interface DuplicateRow {
  readonly id: string;
  readonly confidence: number;
  /** A bit for each of `pairMatches`. */
  readonly matches: number;
}

const inOrder = {
  created: namedStatement("duplicates.list", duplicatesSql({ column: "created_time", descending: true })),
  changed: namedStatement("duplicates.list_changes", duplicatesSql({ column: "last_updated_time", descending: false })),
} as const;

/**
 * Walks the customers in their order, and looks up what each has in common with others in the indexes of these values.
 * So a page costs what it reads, no write costs more, and there is nothing that could be out of date.
 */
export async function listDuplicates(
  database: Database,
  filter: DuplicateFilter,
  page: Page,
  signal: AbortSignal,
): Promise<DuplicatePage> {
  const { changedSince } = filter;
  const horizon = changedSince && (await changeHorizon(database, signal));
  const text = changedSince ? inOrder.changed : inOrder.created;
  const parameters = { ...parametersOf(filter), ...(horizon ? { horizon } : {}) };
  const wanted = page.offset + page.size + 1;
  const found: CustomerDuplicates[] = [];
  let place: Cursor = page.after ?? { ...(changedSince ? { time: changedSince } : {}), id: "" };
  for (let read = 0; read < maxReadCustomers; read += readAtOnce) {
    const after = { afterTime: place.time ?? "infinity", afterId: place.id };
    const rows = await database.read<WalkedRow>(text, text.values({ ...parameters, ...after }), signal);
    found.push(...rows.flatMap(toDuplicates));
    if (found.length >= wanted) return { rows: found.slice(page.offset, wanted) };
    const last = rows.at(-1);
    if (last?.n !== readAtOnce) return { rows: found.slice(page.offset) };
    place = { time: last.place, id: last.id };
  }
  return { rows: found.slice(page.offset), resumeAt: place };
}

function parametersOf({ companyId, minConfidence, matches = pairMatches.words, businessIds }: DuplicateFilter) {
  return {
    ...{ companyId, businessIds: businessIds ?? null, minConfidence: confidences.numberOf(minConfidence) },
    ...{ wanted: matches.reduce((bits, match) => bits | bitOf(match), 0) },
    // Without a number or an address in common, a pair has the name in common, or else is of low confidence.
    ...{ looksAtNames: minConfidence !== "HIGH", looksAtPets: minConfidence === "LOW" },
  };
}

function bitOf(match: (typeof pairMatches.words)[number]): number {
  return 2 ** (pairMatches.numberOf(match) - 1);
}

function toDuplicates({ id: customerId, place: time, duplicates }: WalkedRow): CustomerDuplicates[] {
  if (!duplicates) return [];
  return [
    {
      ...{ customerId, time, hasMore: duplicates.length > maxListedDuplicates },
      duplicates: duplicates.slice(0, maxListedDuplicates).map(({ id, confidence, matches }) => ({
        customerId: id,
        matches: pairMatches.words.filter((match) => (matches & bitOf(match)) > 0),
        confidence: confidences.wordOf(confidence) ?? "LOW",
      })),
    },
  ];
}
