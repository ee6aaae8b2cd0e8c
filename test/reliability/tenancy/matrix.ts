import type { Outcome } from "./run-cells.js";
import type { Rpc } from "./world.js";

const head = [
  "# Tenancy matrix",
  "",
  "Response of every RPC to requests for data of another tenant, over gRPC, Connect JSON and REST. A snapshot: T1 fails if",
  "a response differs, and `npx vitest run --config vitest.faults.config.ts tenancy-matrix --update` writes it. The rules",
  "for the responses are in `tenancy/id-fields.ts`, the exceptions with their reasons in the entries of `test/resources`.",
  "",
];

/** A Markdown page with a table per RPC; rows that are the same for all RPCs appear once. */
export function matrixPage(outcomes: readonly Outcome[], rpcs: readonly Rpc[]): string {
  const tables = rpcs.map(({ name }) => ({ name, rows: rowsOf(outcomes.filter(({ rpc }) => rpc.name === name)) }));
  const [first] = tables;
  const common = first?.rows.filter((row) => tables.every(({ rows }) => rows.includes(row))) ?? [];
  const sections = tables.map(({ name, rows }) =>
    section(
      name,
      rows.filter((row) => !common.includes(row)),
    ),
  );
  return [...head, ...section("All RPCs", common), ...sections.flat()].join("\n");
}

function section(title: string, rows: readonly string[]): string[] {
  return [`## ${title}`, "", "| Cell | Response |", "|---|---|", ...rows, ""];
}

function rowsOf(outcomes: readonly Outcome[]): string[] {
  const said = new Map<string, Set<string>>();
  for (const outcome of outcomes) {
    const answers = said.get(outcome.cell.name) ?? new Set<string>();
    said.set(outcome.cell.name, answers.add(outcome.said));
  }
  return [...said].map(([cell, answers]) => `| ${cell} | ${[...answers].toSorted().join(", ")} |`).toSorted();
}
