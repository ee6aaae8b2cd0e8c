import pg from "pg";
import { qualified } from "./stored-schema.js";

/** Rows of a table, counted and hashed by the database. */
export interface RowDigest {
  readonly rows: number;
  readonly digest: string;
}

/**
 * A hash of all rows that does not depend on their order or on the version of PostgreSQL: the two sums of the first
 * halves of the SHA-256 of each row as text. It does not go through COPY, so that it also tests COPY.
 */
export async function digestRows(client: pg.ClientBase, table: string, columns: readonly string[]): Promise<RowDigest> {
  const list = columns.map((column) => pg.escapeIdentifier(column)).join(", ");
  const { rows } = await client.query<{ rows: string; digest: string }>(
    `SELECT count(*) AS rows,
       coalesce(sum(('x' || substr(hash, 1, 16))::bit(64)::bigint), 0) || ':' ||
       coalesce(sum(('x' || substr(hash, 17, 16))::bit(64)::bigint), 0) AS digest
     FROM (SELECT encode(sha256(convert_to(ROW(${list})::text, 'UTF8')), 'hex') AS hash
           FROM ${qualified(table)}) hashed`,
  );
  return { rows: Number(rows[0]?.rows), digest: rows[0]?.digest ?? "" };
}
