/** Where a page begins: after the row with this position in the list's order. */
export interface Cursor {
  /** Absent in name-ordered lists, whose position is looked up by id. */
  readonly time?: Date;
  readonly id: string;
}

/** Which rows of a list to read. Ask the database for `size + 1` rows: the last one only tells that there are more. */
export interface Page {
  readonly size: number;
  readonly after?: Cursor;
  /** Rows to skip, for callers that count page numbers themselves; 0 with a cursor. */
  readonly offset: number;
}

/** A time range, half-open: start inclusive, end exclusive; either may be absent. */
export interface TimeRange {
  readonly start?: Date;
  readonly end?: Date;
}
