import { afterAll, expect, it } from "vitest";
import { createCompanies } from "../model/companies.js";
import { expectNoDifference, findDifference, type Tally } from "../model/find-difference.js";
import { commandsIn, expectWholeReport } from "../model/whole-report.js";
import { wrongModels } from "../model/wrong-models.js";
import { rpcEntries } from "../resources/all-entries.js";
import { seed } from "../support/seed.js";
import { startServer } from "../support/server.js";
import { record, times } from "./run.js";

const server = await startServer({ tables: [] });
afterAll(() => server.stop());

const takeCompany = createCompanies(server);
const runs = times({ short: 800, long: 20_000 });
const timeout = runs * 900;

it("M1: random commands give the responses and stored rows of the model", { timeout }, async (context) => {
  const found = await findDifference({ server, takeCompany, runs, seed });
  const { report, sequences, calls, outcomes } = found;
  const tallies = [...outcomes.values()];
  record(context, {
    id: "M1",
    done: `${sequences} sequences of ${calls} commands of ${outcomes.size} RPCs, ${sum(tallies, "answered")} succeeded and ${sum(tallies, "refused")} rejected`,
    seen: report === "" ? "0 differ from the model" : "a difference",
    must: "0",
  });
  expectNoDifference(found);
  expect(sequences).toBeGreaterThanOrEqual(runs);
  // A command that never succeeds compares nothing.
  expect([...outcomes].filter(([, { answered }]) => answered === 0)).toEqual([]);
  const known = rpcEntries.filter(({ model }) => model).map(({ method }) => method.name);
  expect([...outcomes.keys()].toSorted()).toEqual(known.toSorted());
});

it("M1 control: incorrect responses differ from the model", async (context) => {
  const wrong = Object.values(wrongModels);
  const reports: string[] = [];
  for (const spoil of wrong) {
    const { report } = await findDifference({
      server,
      takeCompany,
      runs: Math.min(runs, 2_000),
      seed,
      spoil,
      shrink: false,
    });
    reports.push(report);
  }
  const noticed = reports.filter((report) => report.includes("SEED=")).length;
  record(context, {
    id: "M1 control",
    done: `${wrong.length} kinds of incorrect responses`,
    seen: `${noticed} detected`,
    must: `${wrong.length}`,
  });
  expect(noticed).toBe(wrong.length);
});

it("M1 control: a difference is printed whole, and with the shortest sequence that shows it", async () => {
  const spoil = wrongModels["never moves the etag"];
  const { report } = await findDifference({ server, takeCompany, runs: 16, seed, spoil });
  expectWholeReport(report, seed);
  // Something is created and changed.
  for (const sequence of report.split("\n\n")) {
    expect(commandsIn(sequence.split("Calls:")[0] ?? "")).toBeLessThanOrEqual(3);
  }
});

function sum(tallies: readonly Tally[], which: keyof Tally): number {
  return tallies.reduce((total, tally) => total + tally[which], 0);
}
