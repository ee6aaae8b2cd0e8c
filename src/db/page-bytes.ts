import { longTextBytes, maxPageBytes } from "../core/record-size.js";

/** The JSON column that makes most of a large row, and is listed as text. */
export interface LargeColumn {
  /** SQL of the column. */
  readonly column: string;
  /** Alias of the row in it. */
  readonly alias: string;
  /** SQL of the order of the page. */
  readonly order: string;
}

/**
 * SQL of the `LIMIT` for the rows of the common table expression `page`: no rows are read after the one with which an
 * answer is full, since a row can have a mebibyte. If all of them fit it is null, which PostgreSQL takes as any number.
 *
 * The answer is cut by the same bytes afterwards (src/api/fitting-rows.ts), before that last row. It is there to tell that a
 * next page follows. Of a first row that fills the answer alone, that is the second one.
 *
 * The size of a compressed value is known only when it is read, so that a page without any does nothing here. The
 * window function counts row by row, and stops at the last one.
 */
export function rowsWithinAnswer({ column, alias, order }: LargeColumn): string {
  const mayBeLong = `(pg_column_compression(${column}) IS NOT NULL OR pg_column_size(${column}) > ${longTextBytes})`;
  const counted = `nullif(greatest(octet_length(${column}::text), ${longTextBytes}), ${longTextBytes})`;
  return `(SELECT CASE WHEN bool_or(${mayBeLong}) THEN (
      SELECT greatest(place, 2) FROM (
        SELECT row_number() OVER so_far AS place, sum(CASE WHEN ${mayBeLong} THEN ${counted} END) OVER so_far AS bytes
        FROM page ${alias} WINDOW so_far AS (ORDER BY ${order} ROWS UNBOUNDED PRECEDING)) measured
      WHERE bytes > ${maxPageBytes} LIMIT 1) END FROM page ${alias})`;
}
