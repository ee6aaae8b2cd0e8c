export type Row = readonly string[];

/** A Markdown table that is also readable as plain text. */
export function table(heading: Row, rows: readonly Row[]): string {
  const widths = heading.map((_, column) => Math.max(...[heading, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: Row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return `${[line(heading), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n")}\n`;
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
