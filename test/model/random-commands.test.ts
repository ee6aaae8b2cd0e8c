import { afterAll, describe, expect, it } from "vitest";
import { seed } from "../support/seed.js";
import { startServer } from "../support/server.js";
import { createCompanies } from "./companies.js";
import { findDifference } from "./find-difference.js";
import { wrongModels } from "./wrong-models.js";

const server = await startServer({ tables: [] });
afterAll(() => server.stop());

/** Enough to see that a change broke something; test/reliability/m1-model.test.ts runs many. */
const runs = 40;
const takeCompany = createCompanies(server);

describe(`random commands, SEED=${seed}`, () => {
  it(`answers ${runs} sequences as the model does, and stores what it stores`, { timeout: 300_000 }, async () => {
    const { report, sequences } = await findDifference({ server, takeCompany, runs, seed });
    expect(report).toBe("");
    expect(sequences).toBeGreaterThanOrEqual(runs);
  });

  it.each(Object.entries(wrongModels))("would notice a service that %s", { timeout: 300_000 }, async (_, spoil) => {
    // The first difference ends the search, so that only a control that fails takes all of them.
    const { report } = await findDifference({ server, takeCompany, runs: 2_000, seed, spoil, shrink: false });
    expect(report).toContain("SEED=");
  });
});
