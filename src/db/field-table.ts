import type { Enumeration } from "../core/enumeration.js";
import type { FieldChange } from "../core/write.js";
import { Prisma } from "../gen/prisma/client.js";

/** A row as the driver returns it, or as `jsonb_populate_record` reads it. */
export type Row = Readonly<Record<string, unknown>>;

/** How one field of a record is stored. */
export interface StoredField<Value> {
  /** SQL types by column name. */
  readonly columns: Readonly<Record<string, string>>;
  /** Columns that only statements need, such as case-folded keys: written with the field and not selected. */
  readonly keys?: Readonly<Record<string, string>>;
  /** The columns without a value. Default: NULL. */
  readonly empty?: Row;
  /** The value in its columns and keys. */
  write(value: Value): Row;
  /** Undefined if the columns hold no value. */
  read(row: Row): Value | undefined;
}

/** An entry for every field of a record. A field that is missing does not compile. */
type StoredFields<Fields> = {
  readonly [Name in keyof Fields]-?: StoredField<Exclude<Fields[Name], undefined>>;
};

/** The one table of a record's fields, from which its rows, inserts and updates are made. */
export interface FieldTable<Fields> {
  /** `c.first_name, c.last_name`, ... without keys. JSON of the columns in `texts` is not parsed. */
  select(alias: string, texts?: readonly string[]): string;
  /** `first_name, last_name`, ... with keys: the columns of an INSERT. */
  readonly names: string;
  /** The same of a record set, in the same order: `r.first_name, r.last_name`, ... */
  values(alias: string): string;
  /** The columns of a record by name. Those of an absent field that are NULL are absent. */
  row(record: Fields): Row;
  /** The same as JSON, with these values of fields that the record does not have. */
  json<Others extends Partial<Fields>>(record: Omit<Fields, keyof Others>, others: Others): string;
  /** The fields that a row holds. */
  read(row: Row): Fields;
  /** An INSERT of a record with further columns by name. */
  insert(table: string, record: Fields, columns: Row): Prisma.Sql;
  /** `first_name = $1::text`, ... for a SET. */
  assignments(change: FieldChange<Fields>): readonly Prisma.Sql[];
  /** The columns of a change by name. */
  changedColumns(change: FieldChange<Fields>): Row;
  /**
   * For a SET whose text does not depend on the change: a column named by `:changedColumns` gets its value of the record
   * set, every other one keeps the value of the table.
   *
   * @param except a column that keeps its value without being assigned
   * @param changed SQL of the names
   */
  assigned(target: string, source: string, except?: string, changed?: string): string;
}

export function fieldTable<Fields extends object>(fields: StoredFields<Fields>): FieldTable<Fields> {
  const entries = entriesOf(fields);
  const all = entries.map(([, { columns, keys }]) => ({ ...columns, ...keys }));
  const types: Readonly<Record<string, string>> = Object.assign({}, ...all);
  const names = Object.keys(types);
  const selected = entries.flatMap(([, { columns }]) => Object.keys(columns));
  const columnsOf = (record: object, ofAbsent: (field: StoredField<unknown>) => Row): Row => {
    const values = new Map(Object.entries(record));
    const rows = entries.map(([name, field]) => {
      const value = values.get(name);
      return value === undefined ? ofAbsent(field) : columnsWith(field, value);
    });
    return Object.assign({}, ...rows);
  };
  const changedColumns = (change: FieldChange<Fields>) => columnsOf(change, () => ({}));
  const rowOf = (record: Fields) => columnsOf(record, ({ empty = {} }) => empty);
  const valuesOf = (alias: string) => names.map((name) => `${alias}.${name}`).join(", ");
  return {
    select: (alias, texts = []) =>
      selected
        .map((name) => (texts.includes(name) ? `${alias}.${name}::text AS ${name}` : `${alias}.${name}`))
        .join(", "),
    names: names.join(", "),
    values: valuesOf,
    row: rowOf,
    // An object of so many columns would be a hash table, which takes long to make and to write.
    json(record, others) {
      const members: string[] = [];
      for (const [name, field] of entries) {
        const value: unknown = Reflect.get(name in record ? record : others, name);
        const columns = value === undefined ? (field.empty ?? {}) : columnsWith(field, value);
        for (const [column, stored] of Object.entries(columns))
          if (stored !== undefined) members.push(`"${column}":${JSON.stringify(stored)}`);
      }
      return `{${members.join(",")}}`;
    },
    insert: (table, record, columns) => Prisma.sql`
      INSERT INTO ${Prisma.raw(table)} (${Prisma.raw([...Object.keys(columns), ...names].join(", "))})
      SELECT ${Prisma.join(Object.values(columns))}, ${Prisma.raw(valuesOf("r"))}
      FROM jsonb_populate_record(NULL::${Prisma.raw(table)}, ${JSON.stringify(rowOf(record))}::jsonb) r`,
    read: (row) => readRecord(fields, entries, row),
    assignments: (change) =>
      Object.entries(changedColumns(change)).map(
        ([name, value]) => Prisma.sql`${Prisma.raw(name)} = ${value}::${Prisma.raw(types[name] ?? "text")}`,
      ),
    changedColumns,
    assigned: (target, source, except, changed = ":changedColumns::text[]") =>
      names
        .filter((name) => name !== except)
        .map((name) => {
          const isChanged = `'${name}' = ANY(${changed})`;
          return `${name} = CASE WHEN ${isChanged} THEN ${source}.${name} ELSE ${target}.${name} END`;
        })
        .join(", "),
  };
}

type Entry = readonly [name: string, field: StoredField<unknown>];

function entriesOf(fields: object): readonly Entry[] {
  return Object.entries(fields);
}

function columnsWith(field: StoredField<unknown>, value: unknown): Row {
  return value === null ? emptyColumns(field) : field.write(value);
}

function emptyColumns({ columns, keys, empty }: StoredField<unknown>): Row {
  return empty ?? Object.fromEntries(Object.keys({ ...columns, ...keys }).map((column) => [column, null]));
}

function readRecord<Fields>(fields: StoredFields<Fields>, entries: readonly Entry[], row: Row): Fields;
function readRecord(_fields: unknown, entries: readonly Entry[], row: Row): object {
  const record: Record<string, unknown> = {};
  for (const [name, field] of entries) {
    const value = field.read(row);
    if (value !== undefined) record[name] = value;
  }
  return record;
}

/** A text that is never NULL. */
export function textColumn(name: string): StoredField<string> {
  return {
    columns: { [name]: "text" },
    write: (value) => ({ [name]: value }),
    read: (row) => String(row[name]),
  };
}

/** A text that may be NULL, such as a reference. */
export function optionalTextColumn(name: string): StoredField<string> {
  return {
    columns: { [name]: "text" },
    write: (value) => ({ [name]: value }),
    read: (row) => (row[name] === null ? undefined : String(row[name])),
  };
}

/** A time that may be NULL. */
export function optionalTimeColumn(name: string): StoredField<Date> {
  return {
    columns: { [name]: "timestamptz" },
    write: (value) => ({ [name]: value.toISOString() }),
    read: (row) => (row[name] instanceof Date ? row[name] : undefined),
  };
}

/** A word of an enum, stored by its number. */
export function enumColumn<Word extends string>(
  name: string,
  { numberOf, wordOf }: Enumeration<Word>,
): StoredField<Word> {
  return {
    columns: { [name]: "smallint" },
    write: (word) => ({ [name]: numberOf(word) }),
    read: (row) => wordOf(Number(row[name])),
  };
}

/** The same for an optional field. Without a word, the column is 0. */
export function optionalEnumColumn<Word extends string>(name: string, words: Enumeration<Word>): StoredField<Word> {
  return { ...enumColumn(name, words), empty: { [name]: 0 } };
}
