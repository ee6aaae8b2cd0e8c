import { writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { quantile } from "../load.js";
import { type Row, say, table } from "../table.js";
import { chart } from "./chart.js";
import { type Operation, peerOperations } from "./load-order.js";
import type { Interval, Series } from "./measure.js";
import type { Measured } from "./measured.js";
import { type Results, resultsOf, verdictOf } from "./results.js";
import { before, ours } from "./subjects.js";

interface Run {
  readonly rounds: number;
  readonly seconds: number;
  readonly rows: number;
  /** Whether docs/performance.md is written. */
  readonly write: boolean;
  readonly earlier: string | undefined;
}

/** Prints the tables of a run, and writes them with a chart to docs/. */
export async function report(measured: Measured, run: Run): Promise<void> {
  const results = resultsOf(measured).filter(({ all }) => all.length > 0);
  const tables = [
    ...results.map(targets),
    measured.series.length > 0 ? figuresHeading(measured) : "",
    ...peerOperations.map((operation) => figures(measured, operation)),
    otherCalls(measured),
    processes(measured),
  ];
  const text = [heading(run), ...tables.filter((each) => each !== "")].join("\n");
  say(text);
  if (!run.write) return;
  await writeFile("docs/performance.md", text);
  await writeFile("docs/performance.svg", chart(results));
}

function heading({ rounds, seconds, rows, earlier }: Run): string {
  const [cpu] = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  const day = new Date().toISOString().slice(0, 10);
  const other = earlier === undefined ? "" : `\nThe earlier build is ${earlier}.`;
  return `# Performance

Written by \`npm run bench -- peers --report\` on ${day}, on ${cpus().length} x ${cpu?.model}, ${gib} GiB, with Node.js
${process.versions.node} and the embedded PostgreSQL. Client, servers and database share these cores. Read the ratios, not the
absolute values.

The database has ${rows.toLocaleString("en")} customers of one company, each with an address, a tag and a note. 32 requests are in
flight. In each of ${rounds} rounds, every server is measured once, for ${seconds} s an operation, in another order each time. Calls
that the peers do not have are measured for half as long. Every answer is checked. R is GetCustomer, W is CreateCustomer, L is
ListCustomers with pages of 50.${other}

The peers (\`bench/peers/\`) check a hashed key and write a log line for each request. They send the statements of this build,
or those of Prisma. They do less: they have no roles, no rate limits, no validation of values and no idempotency.

A ratio is the median of the ratios of the rounds, with their range. The floor must hold, the aim is wanted.
[Notes](performance-notes.md) say where the time goes where a floor is missed.

![Ratios to other servers and to the earlier build](performance.svg)
`;
}

function figuresHeading({ series }: Measured): string {
  const failures = series.flatMap(({ intervals }) => intervals).reduce((sum, each) => sum + each.failures, 0);
  const refused = failures === 0 ? "No call failed." : `${failures} calls failed, which are not counted.`;
  return `## Figures\n\nMedians of the rounds, calls per second with their range. ${refused}\n`;
}

function targets({ title, isMoreBetter, all }: Results): string {
  const bound = isMoreBetter ? "at least" : "at most";
  const rows = all.map((result): Row => {
    const { name, values, floor, aim, digits } = result;
    const verdict = verdictOf(result, isMoreBetter);
    return [name, spread(values, digits), floor?.toString() ?? "", aim?.toString() ?? "", verdict];
  });
  return `## ${title}\n\n${table(["", "measured", `floor, ${bound}`, `aim, ${bound}`, ""], rows)}`;
}

const names = { R: "GetCustomer", W: "CreateCustomer", L: "ListCustomers of 50" } as const;
const speedColumns = ["calls/s", "p50, p99 ms", "CPU s/1,000 calls: server", "database", "client"];

function figures({ series, pgbench }: Measured, operation: keyof typeof names): string {
  const of = series.filter((each) => each.operation === operation);
  if (of.length === 0) return "";
  const limit: Row[] =
    operation === "R" && pgbench.length > 0
      ? [["pgbench, the same statement", spread(pgbench, 0), "", "", "", ""]]
      : [];
  const rows = of.map((each) => [`${each.subject.name}, ${each.subject.transport}`, ...figuresOf(each)]);
  return `### ${names[operation]}\n\n${table(["", ...speedColumns], [...limit, ...rows])}`;
}

function otherCalls({ series, roundTrips }: Measured): string {
  const isOfPeers = (operation: Operation) => peerOperations.some((each) => each === operation);
  const rows = series
    .filter(({ operation }) => !isOfPeers(operation))
    .map((each): Row => {
      const { subject, operation } = each;
      const trips = roundTrips[subject.name === ours ? 0 : 1]?.get(operation);
      return [`${operation}, ${subject.name}, ${subject.transport}`, ...figuresOf(each), trips?.toString() ?? ""];
    });
  if (rows.length === 0) return "";
  return `### Other calls

GetCustomer reads those customers that QueryCustomer finds by phone number. The round trips are those of one call to the
database, without the check of its key, which is remembered.

${table(
  ["", ...speedColumns, "round trips"],
  rows.toSorted(([a = ""], [b = ""]) => a.localeCompare(b)),
)}`;
}

function figuresOf({ intervals }: Series): Row {
  const median = (read: (interval: Interval) => number) => quantile(intervals.map(read), 0.5);
  const cpu = (read: (interval: Interval) => number) => median(read).toFixed(3);
  return [
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

function processes({ starts, memory }: Measured): string {
  const rows = [ours, before].flatMap((build): Row[] => {
    const start = starts.find(({ name }) => name === build);
    const used = memory.find(({ name }) => name === build);
    if (!start && !used) return [];
    return [
      [
        build,
        start ? `${quantile(start.cpuSeconds, 0.5).toFixed(2)}, ${quantile(start.seconds, 0.5).toFixed(2)}` : "",
        used ? used.idleMiB.toFixed(0) : "",
        used ? `${used.usedMiB.toFixed(0)} (${used.calls.toLocaleString("en")} calls)` : "",
      ],
    ];
  });
  if (rows.length === 0) return "";
  return `### Memory and start\n\n${table(
    ["", "until ready: CPU, elapsed s", "resident memory, idle, MiB", "after calls of all kinds, MiB"],
    rows,
  )}`;
}

function spread(values: readonly number[], digits: number): string {
  const text = (value: number) => value.toFixed(digits);
  const median = text(quantile(values, 0.5));
  if (values.length === 1) return median;
  return `${median} (${text(Math.min(...values))} to ${text(Math.max(...values))})`;
}
