import { enumeration, type WordOf } from "../../core/enumeration.js";
import type { IdempotencyClaim, WriteContext } from "../../core/write.js";
import type { FlowBranch, FlowNode } from "./ivr-flow.model.js";

/** How a run ended. */
export const flowOutcomes = enumeration("ENDED", "TIMEOUT", "STEP_LIMIT", "SIZE_LIMIT");
export type FlowOutcome = WordOf<typeof flowOutcomes>;

export interface FlowRun {
  readonly outcome: FlowOutcome;
  /** The exit name of the end node that was reached, otherwise `timeoutExit` of the flow. */
  readonly exit: string;
  readonly variables: Readonly<Record<string, string>>;
  /**
   * The names of all variables that a run of the flow can return, wherever it ends. Absent if no format needs them, and
   * in runs that an earlier version stored.
   */
  readonly keys?: readonly string[];
  readonly path: readonly FlowStep[];
  readonly durationMs: number;
}

/** A node that was executed. */
export interface FlowStep {
  readonly nodeId: string;
  readonly kind: FlowNode["kind"];
  readonly branch: FlowBranch;
  readonly durationMs: number;
  /** Why the node ended in FAILURE or TIMED_OUT, otherwise "". */
  readonly reason: string;
}

/** A run with an idempotency key. */
export interface ClaimedRun {
  readonly companyId: string;
  readonly claim: IdempotencyClaim;
  readonly write: WriteContext;
}

/** A customer or lead whose data the response of a run can contain. */
export interface RunPerson {
  readonly kind: "customer" | "lead";
  readonly id: string;
}

export type ClaimedRunState =
  /** This request has the key and must run the flow. */
  | { readonly kind: "CLAIMED" }
  /** Another request is running the flow. */
  | { readonly kind: "RUNNING" }
  | { readonly kind: "ENDED"; readonly run: FlowRun }
  /** The process that ran the flow died, or could not store the result, or the result cannot be decrypted. */
  | { readonly kind: "LOST" }
  | { readonly kind: "TOO_LARGE" }
  /** A person in the response was erased. */
  | { readonly kind: "ERASED" };

/** Maximum size of a stored response as JSON. */
export const maxStoredBytes = 65_536;

/** Records of runs by company, API key and idempotency key, for 24 hours. */
export interface FlowRunRepository {
  /**
   * Commits a record for a run that ends within the lease, or returns the state of the one that exists. Throws
   * IDEMPOTENCY_KEY_REUSED if that one was of a different request.
   */
  claim(run: ClaimedRun, leaseMs: number): Promise<ClaimedRunState>;
  /** The state of the record. Undefined if there is none. Throws like `claim`. */
  find(run: ClaimedRun): Promise<ClaimedRunState | undefined>;
  /** Stores the response, unless it is too large or a person was erased in the meantime. */
  finish(run: ClaimedRun, result: { readonly run: FlowRun; readonly people: readonly RunPerson[] }): Promise<void>;
  /** Removes the record of a run that had no effect. */
  free(run: ClaimedRun): Promise<void>;
  /** Ends the lease of a run that may have called external APIs. */
  abandon(run: ClaimedRun): Promise<void>;
}
