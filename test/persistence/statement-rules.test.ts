import { fromJson } from "@bufbuild/protobuf";
import { afterAll, describe, expect, it, vi } from "vitest";
import { isReadOnly } from "../../src/server/pipeline/contract.js";
import { variedRequestsOf } from "../recording/requests.js";
import { importStatements, type NamedText } from "../recording/statements.js";
import { rpcEntries } from "../resources/all-entries.js";
import { ableKey } from "../support/able-key.js";
import { jsonOf } from "../support/clients.js";
import { keys } from "../support/fixture-keys.js";
import { startServer } from "../support/server.js";
import { unfilteredTables } from "./company-filter.js";
import { functionTree, parseTree, type Tree } from "./parse-tree.js";
import {
  type Exception,
  emptyOnPurpose,
  stableOnPurpose,
  tablesOfNoCompany,
  unfilteredOnPurpose,
} from "./statement-exceptions.js";
import { emptySelects, readCatalog, stableAssignments } from "./statement-rules.js";

const named = vi.hoisted((): NamedText[] => []);

vi.mock(import("../../src/db/statement.js"), async (original) => {
  const { listing } = await import("../recording/statements.js");
  return listing(await original(), named);
});

const server = await startServer();
const client = await server.database.owner.connect();
afterAll(async () => {
  client.release();
  await server.stop();
});

const catalog = await readCatalog(client);
// Files before this one may have loaded the modules that name statements.
vi.resetModules();
await importStatements();
await callEveryRpc();
const trees = await parseAll();

/** Statements that are put together for a request, and Prisma's, are known when they are run. */
async function callEveryRpc(): Promise<void> {
  for (const { method, request } of rpcEntries) {
    await server.call(method, await request(server), { key: ableKey(method) });
    if (!isReadOnly(method)) continue;
    const filtered = variedRequestsOf(method).filter(({ name }) => name.startsWith("filter."));
    for (const { madeOf } of filtered) {
      const json = madeOf(jsonOf(method.input, await request(server)));
      await server.call(method, fromJson(method.input, json), { key: keys.businessA1 });
    }
  }
}

/** By the statement's name, or by the text of one that Prisma wrote; then the functions that the migrations made. */
async function parseAll(): Promise<readonly (readonly [name: string, tree: Tree])[]> {
  const found = new Map<string, readonly [string, Tree]>();
  for (const [name, text] of named) {
    if (!found.has(text)) found.set(text, [name === "prisma" ? text : name, await parseTree(client, text)]);
  }
  const functions = await client.query<{ name: string }>(
    `SELECT p.proname AS name FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
     WHERE l.lanname = 'sql' AND p.pronamespace = 'public'::regnamespace ORDER BY 1`,
  );
  for (const { name } of functions.rows) found.set(name, [`function ${name}`, await functionTree(client, name)]);
  return [...found.values()];
}

/** What breaks a rule, as exceptions are written; each once. */
function breaches(ruleOf: (tree: Tree) => readonly string[]): readonly string[] {
  const found = trees.flatMap(([name, tree]) => ruleOf(tree).map((about) => `${name}: ${about}`));
  return [...new Set(found)].toSorted();
}

function excepted(exceptions: readonly Exception[]): readonly string[] {
  return exceptions.map(({ statement, about }) => `${statement}: ${about}`).toSorted();
}

it("filters every table of every statement by its company, with an equality", () => {
  const ruleOf = (tree: Tree) => unfilteredTables(tree, catalog).filter((name) => !(name in tablesOfNoCompany));
  expect(breaches(ruleOf)).toEqual(excepted(unfilteredOnPurpose));
});

it("excepts no table that all statements filter", () => {
  const unfiltered = new Set(trees.flatMap(([, tree]) => unfilteredTables(tree, catalog)));
  expect(Object.keys(tablesOfNoCompany).filter((name) => !unfiltered.has(name))).toEqual([]);
});

it("assigns nothing that a STABLE function makes", () => {
  expect(breaches((tree) => stableAssignments(tree, catalog))).toEqual(excepted(stableOnPurpose));
});

it("names a column in every SELECT", () => {
  const ruleOf = (tree: Tree) => (emptySelects(tree) > 0 ? ["SELECT FROM"] : []);
  expect(breaches(ruleOf)).toEqual(excepted(emptyOnPurpose));
});

describe("the rules", () => {
  it("are asked of hand-written statements, of those made for a request, of Prisma's and of functions", () => {
    const names = trees.map(([name]) => name);
    expect(names).toEqual(
      expect.arrayContaining(["customer.get", "customer.list", "secret_rotation.after", "function record_exists"]),
    );
    expect(names.filter((name) => name.includes('"public"."business"')).length).toBeGreaterThan(2);
    expect(names.filter((name) => name === "customer.list").length).toBeGreaterThan(5);
  });

  it.each([
    ["a table without a condition", "SELECT id FROM pet", ["pet"]],
    ["a company that is compared otherwise", "SELECT id FROM pet WHERE company_id >= $1", ["pet"]],
    ["a company as part of an alternative", "SELECT id FROM pet WHERE company_id = $1 OR id = $2", ["pet"]],
    ["a company that is one of all but a list", "SELECT id FROM pet WHERE NOT company_id = ANY ($1)", ["pet"]],
    ["a row that is compared with its own company", "SELECT id FROM pet WHERE company_id = company_id", ["pet"]],
    [
      "two tables that are bound to each other alone",
      "SELECT p.id FROM pet p JOIN customer c ON c.company_id = p.company_id",
      ["pet", "customer"],
    ],
    [
      "a company that is another column of another table",
      "SELECT p.id FROM pet p JOIN customer c ON p.company_id = c.last_name WHERE c.company_id = $1",
      ["pet"],
    ],
    [
      "a condition of a join that leaves the rows of its own side",
      "SELECT p.id FROM pet p LEFT JOIN customer c ON c.company_id = $1 AND p.company_id = $1",
      ["pet"],
    ],
    [
      "a table within EXISTS",
      "SELECT 1 FROM customer c WHERE c.company_id = $1 AND EXISTS (SELECT 1 FROM pet p WHERE p.customer_id = c.id)",
      ["pet"],
    ],
    ["a table of a CTE", "WITH p AS (SELECT id FROM pet) SELECT p.id FROM p", ["pet"]],
    ["an update", "UPDATE pet SET name = $1 WHERE id = $2", ["pet"]],
    ["a deletion", "DELETE FROM pet p USING customer c WHERE c.company_id = $1 AND c.id = p.customer_id", ["pet"]],
    ["what is selected to be inserted", "INSERT INTO company_customer_count SELECT company_id, 1 FROM pet", ["pet"]],
    ["the companies themselves", "SELECT id FROM company WHERE enterprise_id = $1", ["company"]],
  ])("tell of %s", async (_case, text, expected) => {
    expect(unfilteredTables(await parseTree(client, text), catalog)).toEqual(expected);
  });

  it.each([
    ["a value", "SELECT id FROM pet WHERE company_id = $1 AND name = $2"],
    ["a list of values", "SELECT id FROM pet WHERE company_id = ANY ($1)"],
    ["a selected company", "SELECT id FROM pet WHERE company_id IN (SELECT id FROM company WHERE id = $1)"],
    [
      "the company of a bound row",
      "SELECT 1 FROM customer c LEFT JOIN pet p ON p.company_id = c.company_id WHERE c.company_id = $1",
    ],
    [
      "the company of a bound row outside",
      "SELECT (SELECT count(*) FROM pet p WHERE p.company_id = c.company_id) FROM customer c WHERE $1 = c.company_id",
    ],
  ])("let a table be bound by %s", async (_case, text) => {
    expect(unfilteredTables(await parseTree(client, text), catalog)).toEqual([]);
  });

  it.each([
    ["an update", "UPDATE pet SET last_updated_time = now() WHERE company_id = $1"],
    ["an operator", "UPDATE pet SET last_updated_time = last_updated_time + interval '1 day' WHERE company_id = $1"],
    ["a keyword", "UPDATE pet SET last_updated_time = CURRENT_TIMESTAMP WHERE company_id = $1"],
    ["an insert", "INSERT INTO company_customer_count SELECT id, extract(epoch FROM now())::int FROM company"],
    ["one of several rows", "INSERT INTO company_customer_count VALUES ($1, 1), ($2, extract(epoch FROM now())::int)"],
    [
      "a conflict",
      `INSERT INTO company_customer_count AS c VALUES ($1, 1)
       ON CONFLICT (company_id) DO UPDATE SET customers = c.customers + extract(epoch FROM now())::int`,
    ],
  ])("tell of a STABLE function in %s", async (_case, text) => {
    expect(stableAssignments(await parseTree(client, text), catalog)).not.toEqual([]);
  });

  it("let a condition call a STABLE function", async () => {
    const text = "UPDATE pet SET name = $1 WHERE company_id = $2 AND created_time < now()";
    expect(stableAssignments(await parseTree(client, text), catalog)).toEqual([]);
  });

  it.each(["SELECT FROM pet", "SELECT 1 FROM pet WHERE EXISTS (SELECT FROM customer)"])(
    "tell of a SELECT without a column: %s",
    async (text) => {
      expect(emptySelects(await parseTree(client, text))).toBe(1);
    },
  );
});
