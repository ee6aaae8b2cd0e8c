import { atomOf, listOf, type Node, nodeOf, nodesOfQuery, type Tree } from "./parse-tree.js";
import type { Catalog } from "./statement-rules.js";

/**
 * The tables of which a statement reads, changes or deletes rows that no equality binds to a company: to a value, to one
 * of a list of values, or to the company of a row that is bound itself.
 */
export function unfilteredTables(tree: Tree, catalog: Catalog): readonly string[] {
  const found: string[] = [];
  for (const node of nodesOfQuery(tree)) if (node.tag === "QUERY") judge(node, [], catalog, found);
  return found;
}

/** A query on the way down. */
interface Scope {
  /** Its tables, subqueries and functions, counted from 1. */
  readonly entries: readonly (Node | undefined)[];
  /** The numbers of those whose company is known. */
  readonly known: ReadonlySet<number>;
}

function judge(query: Node, outer: readonly Scope[], catalog: Catalog, found: string[]): void {
  const entries = listOf(query.fields.get("rtable")).map(nodeOf);
  const scope = { entries, known: knownOf(query, entries, outer, catalog) };
  // An INSERT writes its company; UPDATE and DELETE have to look for theirs.
  const target = atomOf(query, "commandType") === "3" ? 0 : Number(atomOf(query, "resultRelation"));
  for (const place of new Set([...placesIn(query.fields.get("jointree")), target])) {
    const table = tableOf(entries[place - 1], catalog);
    if (table && !scope.known.has(place)) found.push(table.name);
  }
  for (const value of query.fields.values()) {
    for (const node of nodesOfQuery(value)) if (node.tag === "QUERY") judge(node, [scope, ...outer], catalog, found);
  }
}

/** Begins with what is no table, which is judged where it is written, and adds what is equal to something known. */
function knownOf(query: Node, entries: Scope["entries"], outer: readonly Scope[], catalog: Catalog): Set<number> {
  const isJudgedElsewhere = (entry: Node | undefined) =>
    !tableOf(entry, catalog) && atomOf(entry, "rtekind") !== joinKind;
  const known = new Set(entries.flatMap((entry, index) => (isJudgedElsewhere(entry) ? [index + 1] : [])));
  const equalities = conditionsOf(query).flatMap(({ condition, of }) =>
    equalitiesIn(condition, catalog.equalities).filter(({ place }) => !of || of.includes(place)),
  );
  for (let before = -1; before < known.size; ) {
    before = known.size;
    const scopes = [{ entries, known }, ...outer];
    for (const { place, column, value } of equalities) {
      const table = tableOf(entries[place - 1], catalog);
      if (table?.tenantColumn === column && isKnown(value, scopes, catalog)) known.add(place);
    }
  }
  return known;
}

/** Whether a value is a parameter, a constant, or the company of something known. */
function isKnown(value: Tree, scopes: readonly Scope[], catalog: Catalog): boolean {
  return [...nodesOfQuery(value)].every((node) => {
    if (node.tag !== "VAR") return true;
    const scope = scopes[Number(atomOf(node, "varlevelsup"))];
    const place = Number(atomOf(node, "varno"));
    const table = tableOf(scope?.entries[place - 1], catalog);
    return scope?.known.has(place) && (!table || table.tenantColumn === atomOf(node, "varattno"));
  });
}

interface Equality {
  readonly place: number;
  readonly column: string;
  readonly value: Tree;
}

/** `column = value` and `column = ANY (values)`, each way round. */
function equalitiesIn(condition: Node, equalities: Catalog["equalities"]): Equality[] {
  if (condition.tag === "SUBLINK" && atomOf(condition, "subLinkType") === anyOfSelected) {
    return [...nodesOfQuery(condition.fields.get("testexpr"))].flatMap((node) => equalitiesIn(node, equalities));
  }
  const isList = condition.tag === "SCALARARRAYOPEXPR" && atomOf(condition, "useOr") === "true";
  if ((condition.tag !== "OPEXPR" && !isList) || !equalities.has(atomOf(condition, "opno"))) return [];
  const [left, right] = listOf(condition.fields.get("args")).map(bare);
  return [...oneWay(left, right), ...(isList ? [] : oneWay(right, left))];
}

function oneWay(column: Tree, value: Tree): Equality[] {
  const node = nodeOf(column);
  if (node?.tag !== "VAR" || atomOf(node, "varlevelsup") !== "0") return [];
  return [{ place: Number(atomOf(node, "varno")), column: atomOf(node, "varattno"), value }];
}

/** Without the relabelling of a domain as its type. */
function bare(tree: Tree): Tree {
  const node = nodeOf(tree);
  return node?.tag === "RELABELTYPE" ? bare(node.fields.get("arg")) : tree;
}

interface Condition {
  readonly condition: Node;
  /** Of an outer join: the side that may be missing; it says nothing about the other. */
  readonly of?: readonly number[];
}

/** What holds for every row. */
function conditionsOf(query: Node): Condition[] {
  const found: Condition[] = [];
  const also = (tree: Tree, side: Pick<Condition, "of"> = {}): void => {
    const node = nodeOf(tree);
    if (node?.tag === "BOOLEXPR" && atomOf(node, "boolop") === "and") {
      for (const part of listOf(node.fields.get("args"))) also(part, side);
    } else if (node) found.push({ condition: node, ...side });
  };
  for (const { tag, fields } of nodesOfQuery(query.fields.get("jointree"))) {
    if (tag === "FROMEXPR") also(fields.get("quals"));
    if (tag !== "JOINEXPR") continue;
    const kind = fields.get("jointype");
    if (kind === "0") also(fields.get("quals"));
    if (kind === "1") also(fields.get("quals"), { of: placesIn(fields.get("rarg")) });
    if (kind === "3") also(fields.get("quals"), { of: placesIn(fields.get("larg")) });
  }
  return found;
}

/** RTE_JOIN and ANY_SUBLINK of PostgreSQL. */
const [joinKind, anyOfSelected] = ["2", "2"];

function placesIn(jointree: Tree): number[] {
  const references = [...nodesOfQuery(jointree)].filter(({ tag }) => tag === "RANGETBLREF");
  return references.map((node) => Number(atomOf(node, "rtindex")));
}

function tableOf(entry: Node | undefined, { tables }: Catalog) {
  return atomOf(entry, "rtekind") === "0" ? tables.get(atomOf(entry, "relid")) : undefined;
}
