/// <reference path="./pg-utils.d.ts" />
import type pg from "pg";
import { prepareValue } from "pg/lib/utils.js";
import type { Statement } from "./statement.js";

/** What a prepared statement returns. */
interface Shape {
  readonly columns: readonly { readonly name: string; readonly read: (text: string) => unknown }[];
  /** Cloned for every row, which is faster than adding its members one by one. */
  readonly empty: Readonly<Record<string, null>>;
}

/** By connection and name of the statement. */
const shapes = new WeakMap<pg.ClientBase, Map<string, Shape>>();

/**
 * Runs a prepared statement. The driver lets PostgreSQL describe the rows at every execution, and the description is
 * longer than most rows. A prepared statement cannot change its rows: PostgreSQL refuses to execute it. So only the
 * first execution on a connection is the driver's, and the others do without a description.
 */
export async function runPrepared<Row extends pg.QueryResultRow>(
  client: pg.ClientBase,
  statement: Statement,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  const shape = shapes.get(client)?.get(statement.name);
  if (!shape) return await describe<Row>(client, statement, values);
  try {
    return await execute<Row>(client, { ...statement, shape, values: values.map((value) => prepareValue(value)) });
  } catch (error) {
    // As in the driver: the error was created by the connection, and its stack shows nothing else.
    if (error instanceof Error) Error.captureStackTrace(error);
    throw error;
  }
}

async function describe<Row extends pg.QueryResultRow>(
  client: pg.ClientBase,
  { name, text }: Statement,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  const { rows, fields } = await client.query<Row>({ name, text, values: [...values] });
  const known = shapes.get(client) ?? new Map<string, Shape>();
  const columns = fields.map((field) => ({ name: field.name, read: client.getTypeParser(field.dataTypeID, "text") }));
  known.set(name, { columns, empty: Object.fromEntries(columns.map((column) => [column.name, null])) });
  shapes.set(client, known);
  return rows;
}

interface Execution extends Statement {
  readonly shape: Shape;
  readonly values: (Buffer | string | null)[];
}

/** Answers of the server that tell nothing here. */
const ignored = {
  handleRowDescription() {},
  handleCommandComplete() {},
  handleEmptyQuery() {},
  handlePortalSuspended() {},
  handleCopyInResponse() {},
  handleCopyData() {},
};

/** A query of the driver's protocol: the client calls its methods with the answers of the server. */
function execute<Row extends pg.QueryResultRow>(
  client: pg.ClientBase,
  { name, text, shape, values }: Execution,
): Promise<readonly Row[]> {
  return new Promise((resolve, reject) => {
    const rows: pg.QueryResult["rows"] = [];
    let failure: unknown;
    client.query({
      ...{ name, text, values, rows },
      submit(connection: pg.Connection) {
        const { stream } = connection;
        stream.cork();
        connection.bind({ statement: name, values }, true);
        connection.execute({ portal: "" }, true);
        connection.sync();
        stream.uncork();
      },
      handleDataRow({ fields }: DataRow) {
        try {
          rows.push(rowOf(shape, fields));
        } catch (error) {
          failure ??= error;
        }
      },
      handleError: (error: unknown) => reject(failure ?? error),
      handleReadyForQuery() {
        if (failure === undefined) resolve(rows);
        else reject(failure);
      },
      ...ignored,
    });
  });
}

interface DataRow {
  readonly fields: readonly (string | null)[];
}

function rowOf({ columns, empty }: Shape, fields: DataRow["fields"]): Record<string, unknown> {
  // A proxy that prepares statements itself can execute them after such a change.
  if (fields.length !== columns.length) throw new Error("The rows of a prepared statement have changed.");
  const row: Record<string, unknown> = { ...empty };
  for (let index = 0; index < fields.length; index += 1) {
    const text = fields[index];
    const column = columns[index];
    if (column && typeof text === "string") row[column.name] = column.read(text);
  }
  return row;
}
