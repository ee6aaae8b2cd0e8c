import { writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { quantile } from "../load.js";
import { type Row, say, table } from "../table.js";
import { chart } from "./chart.js";
import { type Operation, operations } from "./load-order.js";
import type { Interval, Measured, Series } from "./measure.js";
import { ratioOf, targets } from "./targets.js";

interface Run {
  readonly rounds: number;
  readonly seconds: number;
  readonly rows: number;
  /** Whether docs/performance.md is written. */
  readonly write: boolean;
  readonly earlier: string | undefined;
}

const names: Readonly<Record<Operation, string>> = {
  R: "GetCustomer",
  W: "CreateCustomer",
  L: "ListCustomers of 50",
};

/** Prints the tables of a run, and writes them with a chart to docs/. */
export async function report(measured: Measured, run: Run): Promise<void> {
  const text = [heading(run), ratios(measured), ...operations.map((each) => figures(measured, each))].join("\n");
  say(text);
  if (!run.write) return;
  await writeFile("docs/performance.md", text);
  await writeFile("docs/performance.svg", chart(measured));
}

function heading({ rounds, seconds, rows, earlier }: Run): string {
  const [cpu] = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  const day = new Date().toISOString().slice(0, 10);
  const other = earlier === undefined ? "" : ` The earlier build is ${earlier}.`;
  return `# Performance

Written by \`npm run bench -- peers --report\` on ${day}: ${cpus().length} x ${cpu?.model}, ${gib} GiB, Node.js
${process.versions.node}, the embedded PostgreSQL. Client, servers and database share these cores, so read the ratios, not the
absolute values. ${rows.toLocaleString("en")} customers with an address, a tag and a note; 32 requests in flight; ${rounds} rounds, in
which every server is measured for ${seconds} s in turn.${other}

The peers (\`bench/peers/\`) check a hashed key, write a log line a request and send the statements of this build, or
Prisma's. They do less: they have no roles, rate limits, validation of values or idempotency. Ratios are medians of the ratios
of single rounds, with their range.

![Calls per second, as ratios](performance.svg)
`;
}

function ratios(measured: Measured): string {
  const rows = targets.flatMap((target): Row[] => {
    const all = ratioOf(measured, target);
    if (all.length === 0) return [];
    const { floor, aim } = target;
    return [[target.name, spread(all, 2), String(floor), String(aim)]];
  });
  return `## Ratios\n\n${table(["", "median (range)", "floor", "aim"], rows)}`;
}

function figures({ series, pgbench }: Measured, operation: Operation): string {
  const of = series.filter((each) => each.operation === operation);
  const limit: Row[] =
    operation === "R" && pgbench.length > 0
      ? [["pgbench, the same statement", spread(pgbench, 0), "", "", "", ""]]
      : [];
  return `## ${names[operation]}\n\n${table(
    ["", "calls/s", "p50, p99 ms", "CPU s/1,000 calls: server", "database", "client"],
    [...limit, ...of.map(figuresOf)],
  )}`;
}

function figuresOf({ subject, intervals }: Series): Row {
  const median = (read: (interval: Interval) => number) => quantile(intervals.map(read), 0.5);
  const cpu = (read: (interval: Interval) => number) => median(read).toFixed(3);
  return [
    `${subject.name}, ${subject.transport}`,
    spread(
      intervals.map(({ perSecond }) => perSecond),
      0,
    ),
    `${median(({ p50Ms }) => p50Ms).toFixed(1)}, ${median(({ p99Ms }) => p99Ms).toFixed(1)}`,
    cpu(({ serverCpu }) => serverCpu),
    cpu(({ databaseCpu }) => databaseCpu),
    cpu(({ clientCpu }) => clientCpu),
  ];
}

function spread(values: readonly number[], digits: number): string {
  const text = (value: number) => value.toFixed(digits);
  return `${text(quantile(values, 0.5))} (${text(Math.min(...values))} to ${text(Math.max(...values))})`;
}
