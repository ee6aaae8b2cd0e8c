import { readdir, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import type { Reporter, TestCase, TestModule } from "vitest/node";
import { seed } from "../support/seed.js";
import { type Figure, isLong } from "./run.js";

interface Line extends Figure {
  readonly holds: string;
}

const head = `# Reliability

The report of one run of \`npm run test:faults\`, which fails if any row fails. The figures differ from run to run.
\`SEED=\` reproduces a run, \`npm run test:long\` runs the full load. The files are in \`test/reliability\`.
"Control" rows disable a protection and must observe the failure it prevents. In CI, on a shared machine, a test that only
measures times is retried once if it fails, and its row says so.
`;

/** Prints the results of the run as a table, and writes them to docs/reliability.md if all files were run. */
export function createTableReporter(): Reporter {
  const started = Date.now();
  return {
    async onTestRunEnd(modules) {
      const lines = modules.flatMap(linesOf).toSorted((a, b) => inOrder(a.id, b.id));
      const run = `Seed ${seed}, ${isLong ? "full" : "short"} load, ${cpus().length} cores, Node.js ${process.versions.node}, ${Math.round((Date.now() - started) / 1000)} s.`;
      const table = `${run}\n\n${tableOf(lines)}\n`;
      process.stdout.write(`\n${table}`);
      if (await isWhole(modules)) await writeFile("docs/reliability.md", `${head}\n${table}`);
    },
  };
}

/** Whether all files and all tests were run. */
async function isWhole(modules: readonly TestModule[]): Promise<boolean> {
  const files = (await readdir("test/reliability")).filter((name) => name.endsWith(".test.ts"));
  const isSkipped = (module: TestModule) => !module.children.allTests("skipped").next().done;
  return modules.length === files.length && !modules.some(isSkipped);
}

function linesOf(module: TestModule): Line[] {
  return [...module.children.allTests()].flatMap((test) => figuresOf(test));
}

function figuresOf(test: TestCase): Line[] {
  const isPassed = test.result().state === "passed";
  const tries = (test.diagnostic()?.retryCount ?? 0) + 1;
  const holds = isPassed ? (tries > 1 ? `yes, at attempt ${tries}` : "yes") : "NO";
  const figures = test.meta().figures;
  if (figures && figures.length > 0) return figures.map((figure) => ({ ...figure, holds }));
  return isPassed ? [] : [{ id: test.name, done: "", seen: "no result", must: "", holds }];
}

/** By letter as the issue lists them, then by number. */
function inOrder(a: string, b: string): number {
  const letters = "TMRPFOLUC";
  const rank = (id: string) => letters.indexOf(id.charAt(0)) * 100 + Number(id.match(/\d+/)?.[0] ?? 99);
  return rank(a) - rank(b);
}

function tableOf(lines: readonly Line[]): string {
  const rows = lines.map(({ id, done, seen, must, holds }) => [id, done, seen, must, holds]);
  const columns = [["ID", "Scenario", "Result", "Expected", "Pass"], ["---", "---", "---", "---", "---"], ...rows];
  return columns.map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`).join("\n");
}
