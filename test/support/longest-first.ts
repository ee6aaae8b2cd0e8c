import { basename } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The files that take longest: those of `npm test`, then those of the fault suite. */
const long = [
  ...["every-rpc", "start-stop", "keys-cli", "lists", "embedded-postgres", "idempotency", "embedded-recovery"],
  ...["readme", "update-masks", "embedded-account"],
  ...["model", "service-kills", "tenancy-predicates", "simultaneous-repeats", "stops", "tenancy-matrix"],
  ...["database-kills", "embedded-kills", "odd-values", "followed-changes", "planted-texts"],
];

/** The files that take longest begin first, so that no core is idle at the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => rank(a) - rank(b));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const place = long.indexOf(basename(moduleId, ".test.ts"));
  return place < 0 ? long.length : place;
}
