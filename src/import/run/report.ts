import type { ImportCounts } from "../../resources/import-jobs/import-job.model.js";
import type { RowFault } from "../records/row-reader.js";
import type { RowResult } from "./import-rows.js";

/** Counts what became of the rows, and keeps what is printed at the end. */
export interface Report {
  add(results: readonly RowResult[]): void;
  counts(): ImportCounts;
  rows(): number;
  /** The end of the report, a line each. */
  lines(isDryRun: boolean): readonly string[];
}

const maxShownFaults = 20;
const maxRemarks = 50;

export function createReport(): Report {
  const counts = { created: 0, updated: 0, skipped: 0, failed: 0 };
  const shown: RowFault[] = [];
  const remarks = new Map<string, { count: number; readonly row: number }>();
  const warnings = new Map<string, { count: number; readonly row: number }>();
  let faults = 0;
  return {
    add(results) {
      for (const result of results) {
        counts[result.outcome] += 1;
        faults += result.faults.length;
        if (shown.length < maxShownFaults) shown.push(...result.faults.slice(0, maxShownFaults - shown.length));
        for (const { column, text } of result.remarks) {
          const key = column === "" ? text : `${column}: ${text}`;
          if (remarks.has(key) || remarks.size < maxRemarks) countRow(remarks, key, result.row);
        }
        for (const { reason } of result.warnings) countRow(warnings, reason, result.row);
      }
    },

    counts: () => ({ ...counts }),
    rows: () => Object.values(counts).reduce((sum, count) => sum + count, 0),

    lines(isDryRun) {
      const { created, updated, skipped, failed } = counts;
      const rows = created + updated + skipped + failed;
      const heading = isDryRun ? "Dry run, nothing was stored" : "Imported";
      return [
        ...[...remarks].map(([text, { count, row }]) => `Note: ${text} (${counted(count, "row")}, first row ${row})`),
        ...[...warnings].map(
          ([text, { count, row }]) => `Warning: ${text} (${counted(count, "row")}, first row ${row})`,
        ),
        ...shown.map(
          ({ row, column, reason, remedy }) =>
            `Row ${row}${column === "" ? "" : `, ${JSON.stringify(column)}`}: ${reason} ${remedy}`,
        ),
        ...(faults > shown.length ? [`... and ${counted(faults - shown.length, "more fault")}.`] : []),
        `${heading}: ${counted(rows, "row")} = ${created} created + ${updated} updated + ${skipped} skipped + ${failed} failed.`,
      ];
    },
  };
}

function countRow(texts: Map<string, { count: number; readonly row: number }>, text: string, row: number): void {
  const known = texts.get(text);
  if (known) known.count += 1;
  else texts.set(text, { count: 1, row });
}

export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
