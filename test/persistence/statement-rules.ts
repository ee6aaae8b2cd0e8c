import type pg from "pg";
import { atomOf, listOf, type Node, nodeOf, nodesIn, type Tree } from "./parse-tree.js";

/** What the rules ask of the catalog. */
export interface Catalog {
  /** By the table's oid. */
  readonly tables: ReadonlyMap<string, { readonly name: string; readonly tenantColumn: string | undefined }>;
  /** Operators named `=`, by oid. */
  readonly equalities: ReadonlySet<string>;
  /** Names of the functions that answer the same within one statement only, by oid. */
  readonly stable: ReadonlyMap<string, string>;
}

export async function readCatalog(client: pg.ClientBase): Promise<Catalog> {
  const tables = await client.query<{ oid: string; name: string; column: string | null }>(
    `SELECT c.oid::text, c.relname AS name, a.attnum::text AS column FROM pg_class c
     LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = CASE c.relname WHEN 'company' THEN 'id' ELSE 'company_id' END
     WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace`,
  );
  const equalities = await client.query<{ oid: string }>("SELECT oid::text FROM pg_operator WHERE oprname = '='");
  const stable = await client.query<{ oid: string; name: string }>(
    "SELECT oid::text, oid::regprocedure::text AS name FROM pg_proc WHERE provolatile = 's'",
  );
  return {
    tables: new Map(tables.rows.map(({ oid, name, column }) => [oid, { name, tenantColumn: column ?? undefined }])),
    equalities: new Set(equalities.rows.map(({ oid }) => oid)),
    stable: new Map(stable.rows.map(({ oid, name }) => [oid, name])),
  };
}

/** STABLE functions and operators in what the statement writes into columns. */
export function stableAssignments(tree: Tree, { stable }: Catalog): readonly string[] {
  const found: string[] = [];
  for (const node of nodesIn(tree)) {
    if (node.tag !== "QUERY") continue;
    for (const part of assignmentsOf(node)) {
      for (const { tag, fields } of nodesIn(part)) {
        const called = fields.get(tag === "FUNCEXPR" ? "funcid" : "opfuncid");
        const name = typeof called === "string" ? stable.get(called) : undefined;
        if (name) found.push(name);
        if (tag === "SQLVALUEFUNCTION") found.push("CURRENT_TIMESTAMP or its like");
      }
    }
  }
  return found;
}

/** How many SELECTs have no column. */
export function emptySelects(tree: Tree): number {
  const selects = [...nodesIn(tree)].filter((node) => node.tag === "QUERY" && atomOf(node, "commandType") === "1");
  return selects.filter((node) => listOf(node.fields.get("targetList")).length === 0).length;
}

/** What a query writes: its SET, its VALUES, or what it selects to insert. */
function assignmentsOf(query: Node): readonly Tree[] {
  const conflict = nodeOf(query.fields.get("onConflict"))?.fields.get("onConflictSet");
  const command = atomOf(query, "commandType");
  if (command !== insertion && command !== update) return [];
  const kept = listOf(query.fields.get("targetList")).filter((entry) => atomOf(nodeOf(entry), "resjunk") !== "true");
  if (command === update) return kept;
  const sources = listOf(query.fields.get("rtable")).flatMap((entry) => [
    nodeOf(entry)?.fields.get("values_lists"),
    nodeOf(nodeOf(entry)?.fields.get("subquery"))?.fields.get("targetList"),
  ]);
  return [...kept, conflict, ...sources];
}

const [update, insertion] = ["2", "3"];
