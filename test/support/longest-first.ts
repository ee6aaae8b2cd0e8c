import { basename } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What has a process of its own: among the others it would end one that is shared. Then the files that take longest. */
const long = [
  ...["statement-rules", "app-cleanup", "spellings", "conflicts-control"],
  ...["every-rpc", "start-stop", "keys-cli", "lists", "embedded-postgres", "idempotency", "embedded-recovery"],
  ...["readme", "update-masks", "embedded-account", "random-commands", "restore", "every-transport", "element-limits"],
  ...["abort", "claimed-ids", "filled-migrations", "roles"],
  ...["tenancy-predicates", "model", "service-kills", "simultaneous-repeats", "stops", "tenancy-matrix"],
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
