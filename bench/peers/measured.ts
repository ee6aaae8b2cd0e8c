import type { Operation } from "./load-order.js";
import type { Speeds } from "./measure.js";
import type { Memory } from "./memory.js";
import type { Starts } from "./starts.js";

/** All that a run has measured. What it left out is empty. */
export interface Measured extends Speeds {
  /** Of this build and the earlier one. */
  readonly roundTrips: readonly ReadonlyMap<Operation, number>[];
  readonly starts: readonly Starts[];
  readonly memory: readonly Memory[];
  /** A late page by number, to the first. */
  readonly latePages: readonly number[];
}
