import { toJsonString } from "@bufbuild/protobuf";
import { detailTypes } from "../../../src/server/transport/http-message.js";
import { entryOf } from "../../resources/all-entries.js";
import { type Cell, foreignCells, ownCells } from "./cells.js";
import { predicateCells } from "./predicate-cells.js";
import { runCell } from "./run-cells.js";
import type { Statements, Traffic } from "./statements.js";
import type { Rpc, World } from "./world.js";

/** A call about the tenant's own or about the neighbour's. */
export interface Call {
  readonly rpc: Rpc;
  readonly cell: Cell;
  /** Chooses ids of the neighbour itself: what it does is compared, and not held against the rules of T1. */
  readonly isComparedOnly: boolean;
}

/** What a call does, without what differs from one time to the next. */
export interface Trace {
  /** What the rules of T1 find wrong with it. */
  readonly faults: readonly string[];
  /** What it answers, and the rows that it writes. */
  readonly shown: string;
  /** The companies whose rows it writes. */
  readonly companies: ReadonlySet<string>;
  /** What the database hands to the service, by the statement. */
  readonly handed: ReadonlyMap<string, readonly string[]>;
  /** Texts and names of the statements that it sends. */
  readonly named: ReadonlyMap<string, string>;
  readonly uses: Traffic["uses"];
}

/** The first statement of a transaction: another connection has another process. */
function namesBackend(text: string): boolean {
  return text.startsWith("SELECT pg_backend_pid()");
}

export async function callsOf({ server }: World, rpc: Rpc): Promise<readonly Call[]> {
  const plain = [...ownCells(rpc), ...foreignCells(rpc, 2)];
  return [
    ...plain.map((cell) => ({ rpc, cell, isComparedOnly: false })),
    ...(await predicateCells(server, rpc)).map((cell) => ({ rpc, cell, isComparedOnly: true })),
  ];
}

/** Makes the call, undoes what it writes, and tells what it did. */
export async function traceOf({ server }: World, call: Call, statements: Statements): Promise<Trace> {
  // Removed by hand below.
  const keeps = entryOf(call.rpc.method).tenancy?.keepsWrites !== undefined;
  statements.undoWrites(!keeps);
  const answers: string[] = [];
  const watched: typeof server = {
    ...server,
    call: async (method, request, options) => {
      const answer = await server.call(method, request, options);
      answers.push(
        answer.ok
          ? toJsonString(method.output, answer.message, { registry: detailTypes })
          : JSON.stringify([answer.code, answer.reason, answer.text, answer.violations]),
      );
      return answer;
    },
  };
  await statements.taken();
  const before = keeps ? await madeIds(server) : undefined;
  const { faults } = await runCell(watched, { ...call, transport: "grpc" });
  const traffic = await statements.taken();
  if (before) await removeOthers(server, before);
  return traceFrom(traffic, answers, call.isComparedOnly ? [] : faults);
}

/** What was done, by what was answered and by what the database was told. */
export function traceFrom(
  { writes, results, uses, statements: named }: Traffic,
  answers: readonly string[],
  faults: readonly string[] = [],
): Trace {
  return {
    ...{ faults, named, uses },
    shown: [...answers.map(steady), ...inNoOrder(writes)].join("\n"),
    companies: new Set(writes.flatMap(companyOf)),
    handed: new Map([...results].filter(([text]) => !namesBackend(text))),
  };
}

/** Whether a statement handed the same to two calls, without what differs from one time to the next. */
export function areHandedAlike(one: Trace, other: Trace | undefined, text: string): boolean {
  const [rows, others] = [one, other].map((trace) => trace?.handed.get(text));
  if (!rows || !others) return rows === others;
  return rows.join("\n") === others.join("\n") || inNoOrder(rows).join("\n") === inNoOrder(others).join("\n");
}

/** As tellWrites() tells a row. */
function companyOf(write: string): readonly string[] {
  const [, table, row] = /^written: \w+ (\w+) (.*)$/s.exec(write) ?? [];
  if (row === undefined) return [];
  const company: unknown = JSON.parse(row)[table === "company" ? "id" : "company_id"];
  return typeof company === "string" ? [company] : [];
}

/** What a kept call makes, a lead and its new tags, in the order in which they can be removed. */
const madeTables = ["lead", "tag"] as const;
type Made = Readonly<Record<(typeof madeTables)[number], readonly string[]>>;

async function madeIds({ database }: World["server"]): Promise<Made> {
  const idsOf = async (table: string) => {
    const { rows } = await database.owner.query<{ id: string }>(`SELECT id FROM ${table}`);
    return rows.map(({ id }) => id);
  };
  return { lead: await idsOf("lead"), tag: await idsOf("tag") };
}

async function removeOthers({ database }: World["server"], before: Made): Promise<void> {
  for (const table of madeTables)
    await database.owner.query(`DELETE FROM ${table} WHERE id <> ALL($1)`, [before[table]]);
}

/** Ordered by what stays: ids made in the same millisecond come in any order. */
function inNoOrder(texts: readonly string[]): string[] {
  return texts.map(steady).toSorted();
}

/** Without times, durations, made ids, secrets and their hashes and hints, and numbers of sequences, which are other ones every time. */
function steady(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d(:\d\d)?)?/g, "@")
    .replaceAll(/(\\*)"(raw_?id|id|change_xid)\1":\s*(\\*"|)\d+\3/gi, "")
    .replaceAll(/,?"\w+Ms":\s*\d+/g, "")
    .replaceAll(/"duration":\s*"[\d.]+s"/g, "")
    .replaceAll(/\{"type":"Buffer","data":\[[\d,]*\]\}/g, "#")
    .replaceAll(/\bmoego_\w{4}\.\.\./g, "#")
    .replaceAll(/[A-Za-z0-9_+/=-]{20,}/g, "#");
}
