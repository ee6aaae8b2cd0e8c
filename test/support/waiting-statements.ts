import type pg from "pg";

/** How many statements on the database wait for a lock. */
export async function waitingStatements(owner: Pick<pg.Pool, "query">): Promise<number> {
  const { rowCount } = await owner.query(
    "SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND a.datname = current_database()",
  );
  return rowCount ?? 0;
}
