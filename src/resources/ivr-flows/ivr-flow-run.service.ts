import { type FlowBranch, type FlowDefinition, maxSteps } from "./ivr-flow.model.js";
import { createFlowMemory, executeNode, type FlowActions, sizeLimit } from "./ivr-flow-node.service.js";
import type { FlowOutcome, FlowRun, FlowStep } from "./ivr-flow-run.model.js";

export interface RunOptions {
  readonly inputs: ReadonlyMap<string, string>;
  /** On the clock of `performance.now()`. The run then ends with TIMEOUT. */
  readonly deadlineMs: number;
  readonly actions: FlowActions;
}

const runTimeout = "RUN_TIMEOUT";

/**
 * Customer queries and external APIs end this long before the run does, so that the run continues on their timeout
 * branch and reaches an end node. At most a fifth of the run.
 */
const marginMs = 100;

/**
 * Runs a flow that has no errors (ivr-flow-check.service.ts). Rejects with the error of an action, and when the
 * signal fires.
 */
export async function runFlow(
  { nodes, startNodeId, timeoutExit, timeoutOutputs }: FlowDefinition,
  { inputs, deadlineMs, actions }: RunOptions,
  signal: AbortSignal,
): Promise<FlowRun> {
  const begun = performance.now();
  const memory = createFlowMemory(inputs);
  const path: FlowStep[] = [];
  const clock = startClock(deadlineMs, signal);
  const actionsDeadlineMs = deadlineMs - Math.min(marginMs, (deadlineMs - begun) / 5);
  const read = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, memory.get(name)] as const));
  const end = (outcome: FlowOutcome, exit: string, variables: FlowRun["variables"]): FlowRun => ({
    ...{ outcome, exit, path, durationMs: performance.now() - begun, variables },
  });
  const cut = (outcome: FlowOutcome) => end(outcome, timeoutExit, read(timeoutOutputs));

  try {
    let id = startNodeId;
    while (path.length < maxSteps) {
      const node = nodes.find((one) => one.id === id);
      if (!node) throw new Error("stored flow references an unknown node");
      const stepBegun = performance.now();
      const note = (branch: FlowBranch, reason = "") => {
        path.push({ nodeId: id, kind: node.kind, branch, durationMs: performance.now() - stepBegun, reason });
      };
      // A run that a busy server has delayed continues: its actions have timed out, and it soon ends.
      if (clock.isOver() && path.length === 0) return cut("TIMEOUT");
      const left = await clock.race((time) =>
        executeNode(node, { memory, actions, step: path.length, deadlineMs: actionsDeadlineMs }, time),
      );
      if (left === "OVER") {
        note("TIMED_OUT", runTimeout);
        return cut("TIMEOUT");
      }
      note(left.branch, left.reason);
      if (left.reason === sizeLimit) return cut("SIZE_LIMIT");
      if (node.kind === "end") {
        return end("ENDED", node.exit, node.outputs.length === 0 ? memory.entries() : read(node.outputs));
      }
      id = left.to;
    }
    // A loop whose nodes have no time left soon reaches the step limit.
    return cut(performance.now() < actionsDeadlineMs ? "STEP_LIMIT" : "TIMEOUT");
  } finally {
    clock.stop();
  }
}

/** An action that has timed out can still return this long after the deadline. */
const settleMs = 10;

interface RunClock {
  /** Throws the reason of the client's signal once it has fired. */
  isOver(): boolean;
  /** "OVER" once the time is up, even if the work ignores its signal. */
  race<T>(work: (time: AbortSignal) => Promise<T>): Promise<T | "OVER">;
  stop(): void;
}

/**
 * Measures the time of a run. Must be stopped at the end.
 *
 * @param deadlineMs on the clock of `performance.now()`
 * @param signal signal of the client; when it fires, the clock throws its reason
 */
function startClock(deadlineMs: number, signal: AbortSignal): RunClock {
  const over = new AbortController();
  const cancel = () => over.abort(signal.reason);
  const timer = setTimeout(() => over.abort(), Math.max(0, deadlineMs - performance.now()));
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  const ended = new Promise<"OVER">((resolve) => {
    over.signal.addEventListener("abort", () => setTimeout(() => resolve("OVER"), settleMs), { once: true });
  });
  return {
    isOver() {
      signal.throwIfAborted();
      return over.signal.aborted || performance.now() >= deadlineMs;
    },
    async race(work) {
      try {
        // After the deadline no work takes time.
        if (over.signal.aborted) return await work(over.signal);
        return await Promise.race([work(over.signal), ended]);
      } catch (error) {
        // The run is over, whatever error the work made of the abort.
        if (over.signal.aborted && !signal.aborted) return "OVER";
        throw error;
      } finally {
        signal.throwIfAborted();
      }
    },
    stop() {
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
    },
  };
}
