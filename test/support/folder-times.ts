import { dirname, relative } from "node:path";
import type { Reporter, TestModule } from "vitest/node";

interface Times {
  readonly files: number;
  readonly tests: number;
  readonly importMs: number;
  readonly testMs: number;
}

/** Prints at the end of a run how long the files of each folder took. Files run side by side: the sums exceed the run. */
export function createFolderTimes(): Reporter {
  return {
    onTestRunEnd(modules) {
      const folders = [...timesByFolder(modules)].toSorted(([, a], [, b]) => total(b) - total(a));
      const rows = folders.map(([folder, { files, tests, importMs, testMs }]) =>
        [folder, files, tests, seconds(importMs), seconds(testMs)].map(String),
      );
      process.stdout.write(`\n${tableOf([["Folder", "Files", "Tests", "Import s", "Tests s"], ...rows])}\n`);
    },
  };
}

function timesByFolder(modules: readonly TestModule[]): ReadonlyMap<string, Times> {
  const folders = new Map<string, Times>();
  for (const module of modules) {
    const folder = relative("", dirname(module.moduleId));
    const { collectDuration, setupDuration, duration } = module.diagnostic();
    const times = folders.get(folder) ?? { files: 0, tests: 0, importMs: 0, testMs: 0 };
    folders.set(folder, {
      files: times.files + 1,
      tests: times.tests + [...module.children.allTests()].length,
      importMs: times.importMs + collectDuration + setupDuration,
      testMs: times.testMs + duration,
    });
  }
  return folders;
}

function total({ importMs, testMs }: Times): number {
  return importMs + testMs;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(0);
}

/** The first column to the left, the numbers to the right. */
function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)));
  return rows.map((row) => line(row).join("  ")).join("\n");
}
