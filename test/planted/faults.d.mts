/** A fault that once passed every test. */
export interface Fault {
  readonly fault: string;
  readonly file: string;
  /** The text in the file, exactly once, that the fault replaces. */
  readonly from: string;
  readonly to: string;
  /** The test file and a part of the full names of its tests that must fail. */
  readonly test: string;
  readonly name: string;
  /** Whether the test runs the built service. */
  readonly inDist?: boolean;
}

export const faults: readonly Fault[];
