/// <reference path="./pg-utils.d.ts" />
import type pg from "pg";
import { prepareValue } from "pg/lib/utils.js";
import { type DataFields, type RowReader, type RowValues, rowReaderOf } from "./row-reader.js";
import type { Statement } from "./statement.js";

/** By client and name of the statement. */
const readers = new WeakMap<pg.ClientBase, Map<string, RowReader>>();

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
  if (!isPrepared(client, statement)) return await prepare<Row>(client, statement, values);
  const parameters = values.map((value) => prepareValue(value));
  try {
    return await new Promise<readonly Row[]>((resolve, reject) => {
      executeAll(client, [{ statement, values: parameters, resolve, reject }]);
    });
  } catch (error) {
    throw withStack(error);
  }
}

/** As in the driver: the error was created by the connection, and its stack shows nothing else. */
export function withStack(error: unknown): unknown {
  if (error instanceof Error) Error.captureStackTrace(error, withStack);
  return error;
}

export function isPrepared(client: pg.ClientBase, { name }: Statement): boolean {
  return readers.get(client)?.has(name) === true;
}

/** The first execution on a connection. */
export async function prepare<Row extends pg.QueryResultRow>(
  client: pg.ClientBase,
  { name, text }: Statement,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  const { rows, fields } = await client.query<Row>({ name, text, values: [...values] });
  rememberRows(client, name, fields);
  return rows;
}

/** What the first execution of a statement on a connection tells of its rows. */
export function rememberRows(client: pg.ClientBase, name: string, fields: readonly pg.FieldDef[]): void {
  const known = readers.get(client) ?? new Map<string, RowReader>();
  known.set(name, rowReaderOf(client, fields));
  readers.set(client, known);
}

/** Reads rows of a statement that was executed on the connection. Undefined if it was not. */
export function rowReader(client: pg.ClientBase, name: string): ((row: DataRow) => RowValues) | undefined {
  const reader = readers.get(client)?.get(name);
  return reader && (({ fields }) => rowOf(reader, fields));
}

export interface Execution {
  readonly statement: Statement;
  readonly values: (Buffer | string | null)[];
  resolve(rows: readonly pg.QueryResult["rows"][number][]): void;
  reject(error: unknown): void;
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

/**
 * Executes statements that are prepared on the connection. They are sent in one write, each with a Sync, so each is a
 * transaction and fails alone. Each is a query of the driver's protocol, of which the client calls the methods with the
 * answers of the server; it gets the next one when the one before has been answered.
 */
export function executeAll(client: pg.ClientBase, executions: readonly Execution[]): void {
  let sent = 0;
  const start = (index: number): void => {
    const execution = executions[index];
    if (!execution) return;
    const { statement, values, resolve, reject } = execution;
    const rows: pg.QueryResult["rows"] = [];
    const reader = readers.get(client)?.get(statement.name);
    let failure: unknown;
    client.query({
      ...{ name: statement.name, text: statement.text, values, rows },
      submit(connection: pg.Connection) {
        if (index < sent) return;
        sent = executions.length;
        const { stream } = connection;
        stream.cork();
        for (const one of executions.slice(index)) {
          connection.bind({ statement: one.statement.name, values: one.values }, true);
          connection.execute({ portal: "" }, true);
          connection.sync();
        }
        stream.uncork();
      },
      handleDataRow({ fields }: DataRow) {
        try {
          rows.push(rowOf(reader, fields));
        } catch (error) {
          failure ??= error;
        }
      },
      handleError(error: unknown) {
        start(index + 1);
        reject(failure ?? error);
      },
      handleReadyForQuery() {
        start(index + 1);
        if (failure === undefined) resolve(rows);
        else reject(failure);
      },
      ...ignored,
    });
  };
  start(0);
}

export interface DataRow {
  readonly fields: DataFields;
}

function rowOf(reader: RowReader | undefined, fields: DataFields): RowValues {
  // A proxy that prepares statements itself can execute them after such a change.
  if (fields.length !== reader?.columns) throw new Error("The rows of a prepared statement have changed.");
  return reader.read(fields);
}
