import pg from "pg";
import type { WritableCompanies } from "../core/write.js";
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
 * transaction and one round trip, and the setting ends with it.
 */
export function runGuarded<Row extends pg.QueryResultRow>(
  client: pg.ClientBase,
  { statement: write, values, companies }: GuardedWrite,
): Promise<readonly Row[]> {
  const query = new pg.Query<Row>({ ...write, values: [...values] });
  return new Promise((resolve, reject) => {
    query.once("error", reject);
    query.once("end", ({ rows }: pg.QueryResult<Row>) => resolve(rows));
    client.query(sendingFirst(query, toSettingValue(companies)));
  });
}

/** Connections on which the setting's statement is prepared. */
const prepared = new WeakSet<pg.Connection>();

/** The query, which sends the setting before itself and ignores the answer to it. */
function sendingFirst<Query extends pg.Query>(query: Query, value: string): Query {
  const { submit } = query;
  return Object.assign(query, {
    submit(connection: pg.Connection) {
      // Until the setting is answered, the messages of the server belong to it, and none says that the query is prepared.
      const named = { name: "name" in query ? query.name : undefined };
      connection.stream.cork();
      try {
        if (!prepared.has(connection)) connection.parse({ types: [], ...setCompanies }, true);
        connection.bind({ statement: setCompanies.name, values: [value] }, true);
        connection.execute({ portal: "" }, true);
        const refused: unknown = submit.call(query, connection);
        // Otherwise the next query would receive the answer to the setting.
        if (refused) connection.stream.destroy();
        Object.assign(query, { name: "" }, ignoring(query, named));
        return refused;
      } finally {
        connection.stream.uncork();
      }
    },
  });
}

/** Handlers that ignore the answer to the setting, and then give way to those of the query. */
function ignoring(query: pg.Query, named: { readonly name: unknown }) {
  const handlers = {
    handleRowDescription() {},
    handleDataRow() {},
    handleCommandComplete(_: unknown, connection: pg.Connection) {
      prepared.add(connection);
      for (const handler of Object.keys(handlers)) Reflect.deleteProperty(query, handler);
      Object.assign(query, named);
    },
  };
  return handlers;
}
