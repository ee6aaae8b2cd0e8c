import type { TestProject } from "vitest/node";
import { setUpDurable } from "./postgres.js";

/** For the fault suite, which kills, cuts and times. */
export default function setup(project: TestProject): Promise<() => Promise<void>> {
  return setUpDurable(project);
}
