import type pg from "pg";
import type { WriteContext } from "../core/write.js";
import { isOutcomeLost, outcomeUnknown } from "./database-errors.js";
import { readFault } from "./database-fault.js";
import { withPooledClient } from "./pooled-client.js";
import type { Statement } from "./statement.js";

interface StatementRun {
  readonly statement: Statement;
  readonly values: readonly unknown[];
  readonly signal: AbortSignal;
  /** Set if the statement changes data. */
  readonly write?: WriteContext;
}

/** Runs a prepared statement on a client of the pool. An abort cancels it. */
export async function runStatement<Row extends pg.QueryResultRow>(
  pool: pg.Pool,
  run: StatementRun,
): Promise<readonly Row[]> {
  const { statement, values, signal, write } = run;
  return await withPooledClient(pool, signal, async (client) => {
    try {
      const { rows } = await client.query<Row>({ ...statement, values: [...values] });
      return rows;
    } catch (error) {
      if (write && isOutcomeLost(readFault(error))) throw outcomeUnknown(write.claim !== undefined, error);
      throw error;
    }
  });
}
