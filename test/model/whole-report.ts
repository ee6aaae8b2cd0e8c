import { expect } from "vitest";
import { expectNoDifference } from "./find-difference.js";

/** Of each sequence the seed, its commands, every call with its answer, and the differences; nothing of it is cut. */
export function expectWholeReport(report: string, seed: number): void {
  expect(() => expectNoDifference({ report })).toThrow(new Error(report));
  const sequences = report.split("\n\n");
  for (const sequence of sequences) {
    const [heading = "", calls = "", differences = ""] = sequence.split(/^(?:Calls|Differences):$/m);
    expect(heading).toMatch(new RegExp(`^SEED=${seed} \\(lane \\d\\), (un)?limited company:\n`));
    expect(commandsIn(heading)).toBeGreaterThan(0);
    const requests = calls.match(/^ {4}request: \{.*\}$/gm) ?? [];
    const answers = calls.match(/^ {4}(response|rejected)( \(replayed\))?: \{.*\}$/gm) ?? [];
    expect(requests.length).toBeGreaterThan(0);
    expect(answers).toHaveLength(requests.length);
    expect(differences).toMatch(/\S/);
  }
}

/** How many commands the heading of a sequence lists. */
export function commandsIn(heading: string): number {
  return heading.match(/^ {2}\S/gm)?.length ?? 0;
}
