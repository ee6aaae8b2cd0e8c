import pg from "pg";
import { qualified } from "./stored-schema.js";

interface ForeignKey {
  readonly table: string;
  readonly name: string;
  readonly definition: string;
}

/**
 * Runs the work while no trigger fires and no foreign key is checked in these tables, in the transaction of the client.
 * Triggers would derive rows that the backup contains. Afterwards all rows are checked at once, which takes a fraction
 * of the time and does not depend on the order of the tables.
 */
export async function withoutConstraints(
  client: pg.ClientBase,
  tables: readonly { readonly name: string }[],
  work: () => Promise<void>,
): Promise<void> {
  const keys = await readForeignKeys(client, tables);
  for (const { table, name } of keys)
    await client.query(`ALTER TABLE ${qualified(table)} DROP CONSTRAINT ${pg.escapeIdentifier(name)}`);
  // USER: what the owner of a table may disable without being a superuser.
  for (const { name } of tables) await client.query(`ALTER TABLE ${qualified(name)} DISABLE TRIGGER USER`);
  await work();
  for (const { name } of tables) await client.query(`ALTER TABLE ${qualified(name)} ENABLE TRIGGER USER`);
  for (const { table, name, definition } of keys) {
    const constraint = `${pg.escapeIdentifier(name)} ${definition}`;
    await client.query(`ALTER TABLE ${qualified(table)} ADD CONSTRAINT ${constraint}`);
  }
}

async function readForeignKeys(
  client: pg.ClientBase,
  tables: readonly { readonly name: string }[],
): Promise<readonly ForeignKey[]> {
  const { rows } = await client.query<ForeignKey>(
    `SELECT c.relname::text AS table, k.conname::text AS name, pg_get_constraintdef(k.oid) AS definition
     FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
     WHERE k.contype = 'f' AND k.conparentid = 0 AND c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($1)
     ORDER BY c.relname, k.conname`,
    [tables.map(({ name }) => name)],
  );
  return rows;
}
