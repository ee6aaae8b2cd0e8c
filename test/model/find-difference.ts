import fc from "fast-check";
import type { TestServer } from "../support/server.js";
import { sequences } from "./all-commands.js";
import type { Command } from "./command.js";
import type { Company } from "./companies.js";
import { runSequence } from "./run-sequence.js";
import { counted, type Exchange, exchangeLines } from "./transcript.js";
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
  /** Empty when nothing differs. Else the seed, the shortest sequence found, each call of it whole, and the differences. */
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
  let sequencesRun = 0;
  let isFound = false;
  const outcomes = new Map<string, Tally>();
  const heard = (rpc: string, kind: string) => {
    const { answered, refused } = outcomes.get(rpc) ?? { answered: 0, refused: 0 };
    const isRefused = Number(kind === "refusal");
    outcomes.set(rpc, { answered: answered + 1 - isRefused, refused: refused + isRefused });
  };
  const run = async (isLimited: boolean, commands: readonly Command[]): Promise<Ran> => {
    const company = await takeCompany(isLimited);
    const world = newWorld(company.id, company.limit);
    const exchanges: Exchange[] = [];
    const sequence = { server, company, world, commands, exchanges, heard, ...(spoil ? { spoil } : {}) };
    const differences = await runSequence(sequence).catch((error: Error) => [error.stack ?? String(error)]);
    calls += commands.length;
    sequencesRun += 1;
    return { commands, differences, exchanges };
  };
  const lane = async (number: number): Promise<string> => {
    // The last sequence that differed, which is the simplest one.
    let last: Ran = { commands: [], differences: [], exchanges: [] };
    const property = fc.asyncProperty(sequences, async ({ isLimited, commands }) => {
      // Without a shorter one to look for, the first difference ends the search of all lanes.
      if (isFound && !shrink) return true;
      const ran = await run(isLimited, commands);
      if (ran.differences.length === 0) return true;
      last = ran;
      isFound = true;
      return false;
    });
    const numRuns = Math.ceil(runs / lanes);
    const result = await fc.check(property, { seed: seed + number, numRuns, endOnFailure: !shrink });
    if (!result.failed) return "";
    const isLimited = result.counterexample?.[0].isLimited ?? false;
    if (shrink) last = await shortest(last, (commands) => run(isLimited, commands));
    return [
      `SEED=${seed} (lane ${number}), ${isLimited ? "limited" : "unlimited"} company:`,
      ...last.commands.map((command) => `  ${counted(String(command))}`),
      "Calls:",
      ...last.exchanges.flatMap(exchangeLines).map((line) => `  ${line}`),
      "Differences:",
      ...last.differences.map((line) => `  ${line}`),
    ].join("\n");
  };
  const reports = await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
  return { report: reports.filter((report) => report !== "").join("\n\n"), sequences: sequencesRun, calls, outcomes };
}

/** A sequence, and what became of it. */
interface Ran {
  readonly commands: readonly Command[];
  readonly differences: readonly string[];
  readonly exchanges: readonly Exchange[];
}

/** Without the commands that the difference does not need: a generated sequence has some at least. */
async function shortest(found: Ran, run: (commands: readonly Command[]) => Promise<Ran>): Promise<Ran> {
  let least = found;
  for (let at = found.commands.length - 1; at >= 0; at -= 1) {
    const ran = await run(least.commands.toSpliced(at, 1));
    if (ran.differences.length > 0) least = ran;
  }
  return least;
}

/** Fails with the whole report. An assertion on the text would cut it. */
export function expectNoDifference({ report }: Pick<Found, "report">): void {
  if (report !== "") throw new Error(report);
}
