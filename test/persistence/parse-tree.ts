import type pg from "pg";

/** What PostgreSQL makes of a statement before it plans it: a node, a list, an atom, or nothing. */
export type Tree = Node | readonly Tree[] | string | undefined;

export interface Node {
  /** `QUERY`, `OPEXPR`, ... */
  readonly tag: string;
  readonly fields: ReadonlyMap<string, Tree>;
}

/**
 * The parse tree of a statement, by PostgreSQL's own parser: it keeps the tree of a function that is written as
 * `BEGIN ATOMIC`. Undefined for what is no statement of data, such as COMMIT.
 */
export async function parseTree(client: pg.ClientBase, text: string): Promise<Tree> {
  if (!/^\s*(?:WITH|SELECT|INSERT|UPDATE|DELETE|MERGE)\b/i.test(text)) return undefined;
  parsed += 1;
  const name = `parsed_${parsed}`;
  // Parameters have the types that the statement itself gives them.
  await client.query(`PREPARE ${name} AS ${text}`);
  const types = await client.query<{ list: string }>(
    "SELECT array_to_string(parameter_types, ', ') AS list FROM pg_prepared_statements WHERE name = $1",
    [name],
  );
  await client.query(`DEALLOCATE ${name}`);
  return treeOf(client, name, { parameters: types.rows[0]?.list ?? "", text });
}

/** The tree of a function of the database in SQL, whose text has the names and types of its parameters. */
export async function functionTree(client: pg.ClientBase, name: string): Promise<Tree> {
  const { rows } = await client.query<{ parameters: string; text: string }>(
    "SELECT pg_get_function_arguments(oid) AS parameters, prosrc AS text FROM pg_proc WHERE oid = $1::regproc",
    [name],
  );
  const [found] = rows;
  if (!found) throw new Error(`no function ${name}`);
  return treeOf(client, `parsed_${name}`, found);
}

async function treeOf(
  client: pg.ClientBase,
  name: string,
  { parameters, text }: { readonly parameters: string; readonly text: string },
): Promise<Tree> {
  const body = text.trim().replace(/;$/, "");
  await client.query(
    `CREATE FUNCTION pg_temp.${name}(${parameters}) RETURNS void LANGUAGE sql BEGIN ATOMIC ${body}; END`,
  );
  const { rows } = await client.query<{ tree: string }>(
    "SELECT prosqlbody::text AS tree FROM pg_proc WHERE oid = ('pg_temp.' || $1)::regproc",
    [name],
  );
  return readTree(rows[0]?.tree ?? "");
}

let parsed = 0;

/** Every node below, the nearest first; of a list those of its members. */
export function* nodesIn(tree: Tree): Generator<Node> {
  if (tree === undefined || typeof tree === "string") return;
  if (!("tag" in tree)) {
    for (const member of tree) yield* nodesIn(member);
    return;
  }
  yield tree;
  for (const value of tree.fields.values()) yield* nodesIn(value);
}

/** The same, but nothing of the queries within: they are given, and not gone into. */
export function* nodesOfQuery(tree: Tree): Generator<Node> {
  if (tree === undefined || typeof tree === "string") return;
  if (!("tag" in tree)) {
    for (const member of tree) yield* nodesOfQuery(member);
    return;
  }
  yield tree;
  if (tree.tag !== "QUERY") for (const value of tree.fields.values()) yield* nodesOfQuery(value);
}

export function listOf(tree: Tree): readonly Tree[] {
  return tree !== undefined && typeof tree !== "string" && !("tag" in tree) ? tree : [];
}

/** A field that holds one node. */
export function nodeOf(tree: Tree): Node | undefined {
  return tree !== undefined && typeof tree !== "string" && "tag" in tree ? tree : undefined;
}

/** A field that holds one atom. */
export function atomOf(node: Node | undefined, field: string): string {
  const value = node?.fields.get(field);
  return typeof value === "string" ? value : "";
}

/** Reads the text in which PostgreSQL writes its trees (src/backend/nodes/outfuncs.c). */
function readTree(text: string): Tree {
  const tokens = text.match(/\{[A-Z_]+|[(){}[\]]|"(?:\\.|[^"\\])*"|(?:\\.|[^\s(){}[\]])+/gs) ?? [];
  let at = 0;
  const upTo = (end: string): Tree[] => {
    const members: Tree[] = [];
    while (at < tokens.length && tokens[at] !== end) members.push(next());
    at += 1;
    return members;
  };
  const next = (): Tree => {
    const token = tokens[at] ?? "";
    at += 1;
    if (token === "(") return upTo(")");
    if (token === "[") return upTo("]");
    if (!token.startsWith("{")) return token === "<>" ? undefined : token;
    const fields = new Map<string, Tree>();
    while (at < tokens.length && tokens[at] !== "}") {
      const name = (tokens[at] ?? "").slice(1);
      at += 1;
      fields.set(name, next());
      // The value of a constant is its length, then its bytes.
      while (at < tokens.length && tokens[at] !== "}" && !tokens[at]?.startsWith(":")) next();
    }
    at += 1;
    return { tag: token.slice(1), fields };
  };
  return next();
}
