/** One row by column name; every row of one list has the same columns. Times are RFC 3339 texts. */
export type Row = Readonly<Record<string, unknown>>;

/** Rows by table, in the order in which they can be inserted. */
export type Tables = readonly (readonly [table: string, rows: readonly Row[]])[];
