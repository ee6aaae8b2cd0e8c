import type { Writable } from "node:stream";
import type pg from "pg";
import { from } from "pg-copy-streams";

/** Runs `COPY ... FROM STDIN`, which reads what is written to the stream. Destroying the stream cancels the statement. */
export function copyIn(client: pg.ClientBase, text: string): Writable {
  return client.query(from(text));
}
