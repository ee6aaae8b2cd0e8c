import type { JsonObject } from "@bufbuild/protobuf";
import { isObject } from "./readable.js";
import { type Source, SourceError } from "./source.js";

/** A list of the source. */
export interface SourceList {
  readonly path: string;
  /** The member of the answer with the records. */
  readonly member: string;
  /** Members of each request. */
  readonly request: JsonObject;
  /** The name of the filter by update time, within `filter` or beside it. Absent if the list has none. */
  readonly changedSince?: { readonly within: "filter" | "request"; readonly timeMember: string };
}

interface Walk {
  readonly source: Source;
  readonly list: SourceList;
  /** Only records that were updated since. */
  readonly since?: string | undefined;
  /** Takes the records of a page. Some may come again. */
  take(records: readonly JsonObject[]): Promise<void>;
}

export interface Walked {
  /** The latest update time that was seen. */
  readonly latest: string | undefined;
  /** Whether the pages were in the order of changes, so that none of them can shift. */
  readonly isOrdered: boolean;
}

const pageSize = 100;
/** Page numbers beyond this are a source that never ends a list. */
const maxPages = 1_000_000;

/**
 * Reads a list to its end. Tokens can be page numbers, whose pages shift while records change: what moves from a page that
 * is still to come to one that was read is missed. A list in the order of changes is therefore read by time: the next
 * request begins at the time of the last record. Any other list is read page by page, and the caller repeats the walk
 * until it shows nothing new.
 */
export async function walk({ source, list, since, take }: Walk): Promise<Walked> {
  const { path, member, request, changedSince } = list;
  let from = since ?? firstTime;
  let token = "";
  let latest: string | undefined;
  let isOrdered = changedSince !== undefined;
  // Of the page before: a walk by time sees its last records again.
  let taken: ReadonlySet<string> = new Set();
  const stampOf = (record: JsonObject) =>
    JSON.stringify([record["id"], changedSince && record[changedSince.timeMember]]);
  for (let page = 1; page <= maxPages; page += 1) {
    const pagination = { pageSize, ...(token === "" ? {} : { pageToken: token }) };
    const filter = changedSince ? { lastUpdatedTime: { startTime: from } } : {};
    const where = changedSince?.within === "request" ? filter : changedSince ? { filter } : {};
    const answer = await source.post(path, { ...request, ...where, pagination });
    const records = recordsIn(answer, member);
    const stamps = new Set(records.map(stampOf));
    await take(records.filter((record) => !taken.has(stampOf(record))));
    taken = stamps;
    const times = changedSince ? records.map((record) => timeOf(record, changedSince.timeMember)) : [];
    for (const time of times) if (time !== undefined && (latest === undefined || isBefore(latest, time))) latest = time;
    const next = tokenIn(answer);
    if (next === "") return { latest, isOrdered };
    if (isOrdered && !isAscending(times, from)) {
      isOrdered = false;
      // What was read by time is part of the list. It begins again, by pages.
      if (from !== (since ?? firstTime)) {
        from = since ?? firstTime;
        token = "";
        continue;
      }
    }
    const last = times.at(-1);
    const moves = isOrdered && last !== undefined && isBefore(from, last);
    if (moves) from = last;
    token = moves ? "" : next;
  }
  throw new SourceError(`POST ${path}: the list does not end`, 200);
}

/** All records of a list that is short, such as one of settings. */
export async function readAll(source: Source, list: SourceList): Promise<readonly JsonObject[]> {
  const all = new Map<string, JsonObject>();
  await walk({
    ...{ source, list },
    async take(records) {
      for (const record of records) all.set(idOf(record), record);
    },
  });
  return [...all.values()];
}

export const firstTime = "1970-01-01T00:00:00Z";

export function recordsIn(answer: JsonObject, member: string): readonly JsonObject[] {
  const records = answer[member];
  return Array.isArray(records) ? records.filter(isObject) : [];
}

function tokenIn({ nextPageToken, next_page_token: other }: JsonObject): string {
  const token = nextPageToken ?? other;
  return typeof token === "string" ? token : typeof token === "number" ? String(token) : "";
}

export function idOf({ id }: JsonObject): string {
  return typeof id === "string" ? id : "";
}

export function timeOf(record: JsonObject, member: string): string | undefined {
  const time = record[member];
  return typeof time === "string" && !Number.isNaN(Date.parse(time)) ? time : undefined;
}

function isBefore(a: string, b: string): boolean {
  return Date.parse(a) < Date.parse(b);
}

/** Whether the page is in the order of changes, and none of its records is older than asked for. */
function isAscending(times: readonly (string | undefined)[], from: string): boolean {
  let former = from;
  for (const time of times) {
    if (time === undefined || isBefore(time, former)) return false;
    former = time;
  }
  return true;
}

/** A time before another one, by so many milliseconds. */
export function earlier(time: string, ms: number): string {
  return new Date(Math.max(0, Date.parse(time) - ms)).toISOString();
}
