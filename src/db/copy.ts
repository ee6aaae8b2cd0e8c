import type { Readable, Writable } from "node:stream";
import type pg from "pg";
import { from, to } from "pg-copy-streams";

/**
 * Streams the rows of a table or query as text in PostgreSQL's own format, at the pace of the reader. The client can run
 * nothing else until the stream has ended.
 *
 * @param source the part between COPY and TO, quoted: `public."pet" ("id")` or `(SELECT ...)`
 */
export function copyOut(client: pg.ClientBase, source: string): Readable {
  return client.query(to(`COPY ${source} TO STDOUT`));
}

/** Streams rows into a table with `COPY ... FROM STDIN`. Destroying the stream cancels the statement. */
export function copyIn(client: pg.ClientBase, target: string): Writable {
  return client.query(from(`COPY ${target} FROM STDIN`));
}
