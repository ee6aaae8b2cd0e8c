import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { expect } from "vitest";
import { excludedTables } from "../../src/resources/exports/excluded-tables.columns.js";
import { moegoHere } from "../server/command.js";
import { type Environment, environmentOf } from "../server/service.js";
import type { TestDatabase } from "../support/database.js";

/** A command beside the server of a test, with its secrets. */
export function environmentBeside(database: TestDatabase): Environment {
  return {
    ...environmentOf(database),
    ...{ SECRET_KEY: Buffer.alloc(32, 9).toString("base64"), PAGE_TOKEN_SECRET: "page-token-secret-of-the-tests-0123" },
  };
}

/** Runs a command that must succeed, and returns what it has printed. */
export async function done(words: readonly string[], environment: Environment): Promise<string> {
  const ended = await moegoHere(words, environment);
  expect(ended).toMatchObject({ code: 0 });
  return ended.stdout;
}

/** The files of a folder, by name. */
export async function filesOf(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(folder)).toSorted();
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const)),
  );
}

/** Those of the tables. */
export async function tablesOf(folder: string): Promise<ReadonlyMap<string, string>> {
  return new Map([...(await filesOf(folder))].filter(([name]) => !name.startsWith("manifest.json")));
}

export interface EditableManifest {
  companyId: string;
  snapshotTime: string;
  optOutKey?: string;
  tables: { name: string; columns: string[]; rows: number; bytes: number; sha256: string }[];
}

export async function manifestOf(folder: string): Promise<EditableManifest> {
  return JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
}

/** Writes a manifest with a right hash. */
export async function writeManifest(folder: string, manifest: EditableManifest): Promise<void> {
  const text = JSON.stringify(manifest);
  await writeFile(join(folder, "manifest.json"), text);
  const hash = createHash("sha256").update(text).digest("hex");
  await writeFile(join(folder, "manifest.json.sha256"), `${hash}  manifest.json\n`);
}

/** Replaces the file of a table and what the manifest says of it, as nobody who has only the tools of the operator does. */
export async function forgeTable(folder: string, table: string, change: (text: string) => string): Promise<void> {
  const manifest = await manifestOf(folder);
  const [file = ""] = (await readdir(folder)).filter((name) => name.split(".")[0] === table);
  const bytes = Buffer.from(change(await readFile(join(folder, file), "utf8")));
  await writeFile(join(folder, file), bytes);
  const entry = manifest.tables.find(({ name }) => name === table);
  if (!entry) throw new Error(`the export has no table ${table}`);
  entry.bytes = bytes.length;
  entry.sha256 = createHash("sha256").update(bytes).digest("hex");
  await writeManifest(folder, manifest);
}

/** Numbers of this database, which no export has. */
const ofDatabase = ["change.id", "change.change_xid"];

/** Tables that are not exported and are derived from those that are. */
const derived = ["company_customer_count", "customer_search", "lead_search"];

/**
 * Every row of the company as PostgreSQL writes it, in every table that is exported or derived, but for the records of
 * exports.
 */
export async function dumpOfCompany(
  owner: pg.Pool,
  companyId: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows: tables } = await owner.query<{ name: string; columns: string; company: string }>(
    `SELECT c.relname::text AS name, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns,
       CASE WHEN bool_or(a.attname = 'company_id') THEN 'company_id' ELSE 'id' END AS company
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> ALL ($1)
       AND c.relname || '.' || a.attname <> ALL ($2)
     GROUP BY 1 ORDER BY 1`,
    [Object.keys(excludedTables).filter((name) => !derived.includes(name)), ofDatabase],
  );
  const dump = new Map<string, readonly string[]>();
  for (const { name, columns, company } of tables) {
    const { rows } = await owner.query<{ row: string }>(
      `SELECT ROW(${columns})::text AS row FROM ${name}
       WHERE ${company} = $1 ${name === "key_use" ? "AND rpc <> 'moego export'" : ""} ORDER BY 1`,
      [companyId],
    );
    dump.set(
      name,
      rows.map(({ row }) => row),
    );
  }
  return dump;
}
