import { afterAll, expect, it } from "vitest";
import { createCompanies } from "../model/companies.js";
import { findDifference, type Tally } from "../model/find-difference.js";
import { wrongModels } from "../model/wrong-models.js";
import { seed } from "../support/seed.js";
import { startServer } from "../support/server.js";
import { record, times } from "./run.js";

const server = await startServer({ tables: [] });
afterAll(() => server.stop());

const takeCompany = createCompanies(server);
const runs = times({ short: 2_000, long: 20_000 });
const timeout = runs * 900;

it("M1: random commands give the responses and stored rows of the model", { timeout }, async (context) => {
  const { report, sequences, calls, outcomes } = await findDifference({ server, takeCompany, runs, seed });
  const tallies = [...outcomes.values()];
  record(context, {
    id: "M1",
    done: `${sequences} sequences of ${calls} commands of ${outcomes.size} RPCs, ${sum(tallies, "answered")} succeeded and ${sum(tallies, "refused")} rejected`,
    seen: report === "" ? "0 differ from the model" : "a difference",
    must: "0",
  });
  expect(report).toBe("");
  expect(sequences).toBeGreaterThanOrEqual(runs);
  // A command that never succeeds compares nothing.
  expect([...outcomes].filter(([, { answered }]) => answered === 0)).toEqual([]);
});

it("M1 control: incorrect responses differ from the model", async (context) => {
  const wrong = Object.values(wrongModels);
  const reports: string[] = [];
  for (const spoil of wrong) {
    const { report } = await findDifference({ server, takeCompany, runs: 2_000, seed, spoil, shrink: false });
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

function sum(tallies: readonly Tally[], which: keyof Tally): number {
  return tallies.reduce((total, tally) => total + tally[which], 0);
}
