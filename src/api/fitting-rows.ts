import { maxPageBytes, mostBytes, recordBytes } from "../core/record-size.js";
import { inSlices, isSliceOver } from "../core/slices.js";

/**
 * The number of rows that fit into one response. At least one, so that pagination always progresses. A default gRPC
 * client rejects messages above 4 MiB, and the estimate can be slightly too low.
 */
export function* countRowsThatFit(rows: readonly unknown[]): Generator<void, number> {
  // Almost no page could be too large, so that this is all that most pages cost.
  let most = 0;
  for (const row of rows) {
    const bytes = mostBytes(row);
    most += bytes;
    if (most > maxPageBytes) break;
    if (isSliceOver(bytes)) yield;
  }
  if (most <= maxPageBytes) return rows.length;
  let bytes = 0;
  for (const [index, row] of rows.entries()) {
    const size = recordBytes(row);
    bytes += size;
    if (bytes > maxPageBytes && index > 0) return index;
    if (isSliceOver(size)) yield;
  }
  return rows.length;
}

/** A slice is read at a time, so that records that do not fit are not read. */
const idsPerRead = 50;

interface FittingRecords<T> {
  readonly found: readonly T[];
  readonly missingIds: readonly string[];
  /** Those for which the response has no room. */
  readonly leftIds: readonly string[];
}

/** The records with these ids in their order, as many as fit into one response. */
export async function findFitting<T extends { readonly id: string }>(
  ids: readonly string[],
  find: (ids: readonly string[]) => Promise<readonly T[]>,
): Promise<FittingRecords<T>> {
  const found: T[] = [];
  const missingIds: string[] = [];
  for (let at = 0; at < ids.length; at += idsPerRead) {
    const asked = ids.slice(at, at + idsPerRead);
    const read = new Map((await find(asked)).map((record) => [record.id, record]));
    const ordered = asked.flatMap((id) => read.get(id) ?? []);
    const fitting = await inSlices(countRowsThatFit([...found, ...ordered]));
    if (fitting < found.length + ordered.length) {
      const kept = ordered.slice(0, Math.max(0, fitting - found.length));
      const left = ordered[kept.length]?.id ?? "";
      const end = ids.indexOf(left);
      missingIds.push(...ids.slice(at, end).filter((id) => !read.has(id)));
      return { found: [...found, ...kept], missingIds, leftIds: ids.slice(end) };
    }
    found.push(...ordered);
    missingIds.push(...asked.filter((id) => !read.has(id)));
  }
  return { found, missingIds, leftIds: [] };
}
