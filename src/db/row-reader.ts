import type pg from "pg";

/** The values of a row as the server sends them, in the order of its columns. */
export type DataFields = readonly (string | null)[];

export type RowValues = Record<string, unknown>;

/** What a prepared statement returns. */
export interface RowReader {
  readonly columns: number;
  read(fields: DataFields): RowValues;
}

/** By the names and types of the columns. There are as many as statements in the source have. */
const readers = new Map<string, RowReader>();

/**
 * Reads rows of the columns. A function with the names of the columns makes them: V8 then knows the members of a row. One
 * to which they are added by name is a hash table, which takes three times as long to make and to read.
 */
export function rowReaderOf(client: pg.ClientBase, columns: readonly pg.FieldDef[]): RowReader {
  const key = columns.map(({ name, dataTypeID }) => `${dataTypeID} ${name}`).join("\n");
  const known = readers.get(key);
  if (known) return known;
  const parsers = columns.map(({ dataTypeID }) => client.getTypeParser(dataTypeID, "text"));
  const reader = { columns: columns.length, read: compiled(columns, parsers) };
  readers.set(key, reader);
  return reader;
}

/** The text has nothing but names of columns, and the statements are written by hand. */
function compiled(columns: readonly pg.FieldDef[], parsers: readonly unknown[]): RowReader["read"] {
  const members = columns.map(
    ({ name }, index) => `${JSON.stringify(name)}: f[${index}] === null ? null : p${index}(f[${index}])`,
  );
  return new Function(...parsers.map((_, index) => `p${index}`), `return (f) => ({ ${members.join(", ")} });`)(
    ...parsers,
  );
}
