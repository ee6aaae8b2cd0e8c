import { afterAll, describe, expect, it } from "vitest";
import { seed } from "../support/seed.js";
import { startServer } from "../support/server.js";
import { createCompanies } from "./companies.js";
import { findDifference, type Search } from "./find-difference.js";
import { wrongModels } from "./wrong-models.js";

const server = await startServer({ tables: [] });
afterAll(() => server.stop());

const runs = Number(process.env["MODEL_RUNS"] || 2_000);
const timeout = Math.max(900_000, runs * 500);
const takeCompany = createCompanies(server);
const search = (more: Partial<Search>) => findDifference({ server, takeCompany, runs, seed, ...more });

describe(`random commands, SEED=${seed}`, () => {
  it(`answers ${runs} sequences as the model does, and stores what it stores`, { timeout }, async () => {
    const { report, sequences, calls, outcomes } = await search({});
    const tallies = [...outcomes].map(([rpc, { answered, refused }]) => `${rpc} ${answered}+${refused}`);
    process.stdout.write(`model: SEED=${seed}, ${sequences} sequences, ${calls} commands: ${tallies.join(", ")}\n`);
    expect(report).toBe("");
    expect(sequences).toBeGreaterThanOrEqual(runs);
    // Every command did its work at times, else the model would have nothing to say.
    expect([...outcomes].filter(([, { answered }]) => answered === 0)).toEqual([]);
  });

  it.each(Object.entries(wrongModels))("would notice a service that %s", { timeout: 300_000 }, async (_, spoil) => {
    // The first difference ends the search, so that only a control that fails takes all of them.
    const { report } = await search({ runs: 2_000, spoil, shrink: false });
    expect(report).toContain("SEED=");
  });
});
