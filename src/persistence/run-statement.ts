import type pg from "pg";
import type { Write } from "../domain/write.js";
import { cancelOnAbort, checkOut } from "./checkout.js";
import { isOutcomeLost, isStaleStatement, outcomeUnknown } from "./errors.js";
import { readFault } from "./fault.js";
import type { Statement } from "./statement.js";

export interface Run {
  readonly statement: Statement;
  readonly values: readonly unknown[];
  readonly signal: AbortSignal;
  /** Set when the statement changes something. */
  readonly write?: Write;
}

/**
 * Runs a prepared statement on a client of the pool and gives the client back, whatever happens: only when no cancel
 * request for it is under way, and broken or holding a stale statement it leaves the pool.
 */
export async function runStatement<Row extends pg.QueryResultRow>(pool: pg.Pool, run: Run): Promise<readonly Row[]> {
  const client = await checkOut(pool, run.signal);
  // A broken connection rejects the statement as well; without a listener the event would end the process.
  client.on("error", ignore);
  const watch = cancelOnAbort(client, run.signal);
  let stale = false;
  try {
    const { rows } = await client.query<Row>({ ...run.statement, values: [...run.values] });
    return rows;
  } catch (error) {
    const fault = readFault(error);
    stale = isStaleStatement(fault);
    if (run.write && isOutcomeLost(fault)) throw outcomeUnknown(run.write.claim !== undefined, error);
    throw error;
  } finally {
    await watch.finish();
    client.removeListener("error", ignore);
    client.release(stale);
  }
}

function ignore(): void {}
