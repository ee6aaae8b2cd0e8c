import type { Outcome } from "./run-cells.js";
import type { Rpc } from "./world.js";

const head = [
  "# Tenancy matrix",
  "",
  "What every rpc answers a caller who asks for what is another tenant's, on gRPC, Connect JSON and REST alike. Written by",
  "`npx vitest run --config vitest.faults.config.ts t1- --update` and compared by T1; the rules that the answers must follow",
  "stand in `tenancy/id-fields.ts`, the exceptions with their reasons in `tenancy/exceptions.ts`.",
  "",
];

/** A page of Markdown with a table per rpc; what all rpcs answer alike stands once. */
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
  return [...head, ...section("Every rpc", common), ...sections.flat()].join("\n");
}

function section(title: string, rows: readonly string[]): string[] {
  return [`## ${title}`, "", "| Cell | Answer |", "|---|---|", ...rows, ""];
}

function rowsOf(outcomes: readonly Outcome[]): string[] {
  const said = new Map<string, Set<string>>();
  for (const outcome of outcomes) {
    const answers = said.get(outcome.cell.name) ?? new Set<string>();
    said.set(outcome.cell.name, answers.add(outcome.said));
  }
  return [...said].map(([cell, answers]) => `| ${cell} | ${[...answers].toSorted().join(", ")} |`).toSorted();
}
