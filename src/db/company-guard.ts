import pg from "pg";
import { prepareValue } from "pg/lib/utils.js";
import type { WritableCompanies } from "../core/write.js";
import { type DataRow, rememberRows, rowReader } from "./prepared-statement.js";
import { type Statement, statement } from "./statement.js";

/**
 * The second line of defense against writes to another company: row-level security. Its policies compare the company of
 * every written row with this setting, whatever the statement says (docs/decisions/12-row-level-security.md).
 *
 * The setting holds for one transaction and is sent in the same round trip as its first statement. Connections start
 * with an empty value, which permits nothing, so a write without the setting fails.
 */
export const companiesSetting = "moego.companies";

/** Value of the setting. Ids of companies contain neither commas nor asterisks. */
export function toSettingValue(companies: WritableCompanies): string {
  return companies === "all" ? "*" : companies.join(",");
}

/** Sets the companies, and returns the process id of the backend: the first statement of every transaction. */
export const beginSql = `SELECT pg_backend_pid() AS pid, set_config('${companiesSetting}', $1, true)`;

const setCompanies = statement("companies.set", `SELECT set_config('${companiesSetting}', $1, true)`);

interface GuardedWrite {
  readonly statement: Statement;
  readonly values: readonly unknown[];
  readonly companies: WritableCompanies;
}

/**
 * Runs a prepared statement that writes. The setting and the statement are sent before one Sync message, so they are one
 * transaction and one round trip, and the setting ends with it. As with reads, only the first execution on a connection
 * lets PostgreSQL describe the rows (prepared-statement.ts).
 */
export function runGuarded<Row extends pg.QueryResultRow>(
  client: pg.ClientBase,
  { statement: write, values, companies }: GuardedWrite,
): Promise<readonly Row[]> {
  const parameters = values.map((value) => prepareValue(value));
  const query = new pg.Query<Row>({ ...write, values: parameters });
  return new Promise((resolve, reject) => {
    query.once("error", reject);
    query.once("end", ({ rows, fields }: Answer<Row>) => {
      if (fields) rememberRows(client, nameOf(query), fields);
      resolve(rows);
    });
    client.query(sendingFirst(client, query, { value: toSettingValue(companies), parameters }));
  });
}

/** Of the statement, as it is prepared on the connection. */
function nameOf(query: pg.Query): string {
  return "name" in query ? String(query.name) : "";
}

interface Answer<Row> {
  readonly rows: readonly Row[];
  /** Absent if PostgreSQL did not describe them. */
  readonly fields?: readonly pg.FieldDef[];
}

/** Connections on which the setting's statement is prepared. */
const prepared = new WeakSet<pg.Connection>();

interface Sent {
  /** Of the setting. */
  readonly value: string;
  /** Of the statement. */
  readonly parameters: (Buffer | string | null)[];
}

/** The query, which sends the setting before itself and ignores the answer to it. */
function sendingFirst<Query extends pg.Query>(client: pg.ClientBase, query: Query, { value, parameters }: Sent): Query {
  const { submit } = query;
  return Object.assign(query, {
    submit(connection: pg.Connection) {
      // Until the setting is answered, the messages of the server belong to it, and none says that the query is prepared.
      const name = nameOf(query);
      const read = rowReader(client, name);
      connection.stream.cork();
      try {
        if (!prepared.has(connection)) connection.parse({ types: [], ...setCompanies }, true);
        connection.bind({ statement: setCompanies.name, values: [value] }, true);
        connection.execute({ portal: "" }, true);
        if (read) {
          connection.bind({ statement: name, values: parameters }, true);
          connection.execute({ portal: "" }, true);
          connection.sync();
          Object.assign(query, reading(query, read));
          return undefined;
        }
        const refused: unknown = submit.call(query, connection);
        // Otherwise the next query would receive the answer to the setting.
        if (refused) connection.stream.destroy();
        Object.assign(query, { name: "" }, ignoring(query, name));
        return refused;
      } finally {
        connection.stream.uncork();
      }
    },
  });
}

/** Handlers that ignore the answer to the setting, and then read rows without their description. */
function reading(query: pg.Query, read: NonNullable<ReturnType<typeof rowReader>>) {
  const rows: unknown[] = [];
  let isSet = false;
  let failure: unknown;
  return {
    handleDataRow(row: DataRow) {
      if (!isSet) return;
      try {
        rows.push(read(row));
      } catch (error) {
        failure ??= error;
      }
    },
    handleCommandComplete() {
      isSet = true;
    },
    handleReadyForQuery() {
      if (failure === undefined) query.emit("end", { rows });
      else query.emit("error", failure);
    },
  };
}

/** Handlers that ignore the answer to the setting, and then give way to those of the query. */
function ignoring(query: pg.Query, name: string) {
  const handlers = {
    handleRowDescription() {},
    handleDataRow() {},
    handleCommandComplete(_: unknown, connection: pg.Connection) {
      prepared.add(connection);
      for (const handler of Object.keys(handlers)) Reflect.deleteProperty(query, handler);
      Object.assign(query, { name });
    },
  };
  return handlers;
}
