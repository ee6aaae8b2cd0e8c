import { basename } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The files that take longest, by the beginning of their names: those of `npm test`, then those of the fault suite. */
const long = [
  ...["every-rpc", "start-stop", "keys-cli", "lists", "embedded-postgres", "crash", "idempotency", "embedded-recovery"],
  ...["readme", "update-masks", "embedded-account"],
  ...["m1-", "r1-", "t3-", "r4-", "o3-", "t1-", "r2-", "l1-"],
];

/** The files that take longest begin first, so that no core is idle at the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => rank(a) - rank(b));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const place = long.findIndex((beginning) => basename(moduleId).startsWith(beginning));
  return place < 0 ? long.length : place;
}
