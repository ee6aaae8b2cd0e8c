/** One row by column name. All rows of a list have the same columns. Times are RFC 3339 strings. */
export type Row = Readonly<Record<string, unknown>>;

/** Rows by table, in insertion order. */
export type Tables = readonly (readonly [table: string, rows: readonly Row[]])[];
