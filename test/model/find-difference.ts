import fc from "fast-check";
import type { TestServer } from "../support/server.js";
import { sequences } from "./all-commands.js";
import type { Company } from "./companies.js";
import { runSequence } from "./run-sequence.js";
import { newWorld } from "./world.js";

export interface Search {
  readonly server: TestServer;
  takeCompany(isLimited: boolean): Promise<Company>;
  readonly runs: number;
  readonly seed: number;
  /** Makes the service seem wrong: changes what its answers say. */
  readonly spoil?: Spoil;
  /** Whether to look for the shortest sequence that differs; true unless told otherwise. */
  readonly shrink?: boolean;
}

/** Changes an answer in proto3 JSON before it is compared. */
export type Spoil = (rpc: string, json: string) => string;

export interface Found {
  /** Empty when nothing differs. Else the seed, the commands and the differences. */
  readonly report: string;
  readonly sequences: number;
  readonly calls: number;
  /** Calls that were answered with success, and those that were refused, by rpc. */
  readonly outcomes: ReadonlyMap<string, Tally>;
}

export type Tally = { readonly answered: number; readonly refused: number };

/** Sequences that run at the same time, each in a company of its own. */
const lanes = 8;

/** Runs random sequences until one differs from the model. */
export async function findDifference({
  server,
  takeCompany,
  runs,
  seed,
  spoil,
  shrink = true,
}: Search): Promise<Found> {
  let calls = 0;
  let ran = 0;
  let isFound = false;
  const outcomes = new Map<string, Tally>();
  const heard = (rpc: string, kind: string) => {
    const { answered, refused } = outcomes.get(rpc) ?? { answered: 0, refused: 0 };
    const isRefused = Number(kind === "refusal");
    outcomes.set(rpc, { answered: answered + 1 - isRefused, refused: refused + isRefused });
  };
  const lane = async (number: number): Promise<string> => {
    let differences: readonly string[] = [];
    const property = fc.asyncProperty(sequences, async ({ isLimited, commands }) => {
      // Without a shorter one to look for, the first difference ends the search of all lanes.
      if (isFound && !shrink) return true;
      const company = await takeCompany(isLimited);
      const world = newWorld(company.id, company.limit);
      const found = await runSequence({ server, company, world, commands, heard, ...(spoil ? { spoil } : {}) });
      calls += commands.length;
      ran += 1;
      if (found.length > 0) {
        differences = found;
        isFound = true;
      }
      return found.length === 0;
    });
    const numRuns = Math.ceil(runs / lanes);
    const result = await fc.check(property, { seed: seed + number, numRuns, endOnFailure: !shrink });
    if (!result.failed) return "";
    const [example] = result.counterexample ?? [];
    return [
      `SEED=${seed} (lane ${number}), ${example?.isLimited ? "limited" : "unlimited"} company:`,
      ...(example?.commands ?? []).map((command) => `  ${command}`),
      ...(result.errorInstance instanceof Error && differences.length === 0
        ? [String(result.errorInstance.stack)]
        : []),
      ...differences,
    ].join("\n");
  };
  const reports = await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
  return { report: reports.filter((report) => report !== "").join("\n\n"), sequences: ran, calls, outcomes };
}
