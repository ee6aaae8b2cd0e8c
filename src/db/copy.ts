import type { Readable, Writable } from "node:stream";
import type pg from "pg";
import { from, to } from "pg-copy-streams";

/** What COPY streams: rows as text in the UTF-8 of PostgreSQL's own format, unless the source says another one. */
export type CopySource = string;

/**
 * Streams the rows of a table or query with `COPY ... TO STDOUT`, at the pace of the reader. The client can run nothing
 * else until the stream has ended.
 *
 * @param source the part between COPY and TO, quoted: `public."pet" ("id")` or `(SELECT ...)`
 * @param options as SQL, for example `WITH (FORMAT csv)`
 */
export function copyOut(client: pg.ClientBase, source: CopySource, options = ""): Readable {
  return client.query(to(`COPY ${source} TO STDOUT ${options}`));
}

/** Streams rows into a table with `COPY ... FROM STDIN`. Destroying the stream cancels the statement. */
export function copyIn(client: pg.ClientBase, target: CopySource): Writable {
  return client.query(from(`COPY ${target} FROM STDIN`));
}
