import { afterAll, describe, expect, it } from "vitest";
import { seed } from "../support/seed.js";
import { startServer } from "../support/server.js";
import { createCompanies } from "./companies.js";
import { expectNoDifference, findDifference } from "./find-difference.js";
import { expectWholeReport } from "./whole-report.js";
import { wrongModels } from "./wrong-models.js";

const server = await startServer({ tables: [] });
afterAll(() => server.stop());

/** Enough to see that a change broke something; test/reliability/model.test.ts runs many. */
const runs = 40;
const takeCompany = createCompanies(server);

describe(`random commands, SEED=${seed}`, () => {
  it(`answers ${runs} sequences as the model does, and stores what it stores`, { timeout: 300_000 }, async () => {
    const found = await findDifference({ server, takeCompany, runs, seed });
    expectNoDifference(found);
    expect(found.sequences).toBeGreaterThanOrEqual(runs);
  });

  it.each(Object.entries(wrongModels))(
    "would notice a service that %s, and prints the calls whole",
    { timeout: 300_000 },
    async (_, spoil) => {
      // The first difference ends the search, so that only a control that fails takes all of them.
      const { report } = await findDifference({ server, takeCompany, runs: 2_000, seed, spoil, shrink: false });
      expectWholeReport(report, seed);
    },
  );
});
