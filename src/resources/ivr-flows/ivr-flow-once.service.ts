import { setTimeout as sleep } from "node:timers/promises";
import { DomainError, erasedError } from "../../core/errors.js";
import type { WriteContext } from "../../core/write.js";
import type { ClaimedRun, FlowRun, FlowRunRepository, RunPerson } from "./ivr-flow-run.model.js";

/** A run that is in progress, and what it has done so far. */
interface RunWork {
  /** Rejects when the signal fires. */
  run(signal: AbortSignal): Promise<FlowRun>;
  /** Whether external APIs may have been called. */
  hasCalled(): boolean;
  people(): readonly RunPerson[];
}

/** The lease is longer than the run by this time, in which the response is stored. */
const leaseSlackMs = 2_000;
/** How long a response waits for being stored. Less than the time reserved from the deadline of the request. */
const storeWaitMs = 150;
const storeTimeoutMs = 5_000;
const firstPollMs = 20;
const maxPollMs = 200;

/**
 * Runs a flow once per idempotency key. A concurrent duplicate waits for the first run and returns its result. A run
 * that fails before it calls an external API frees the key. A run whose outcome was lost never runs again.
 *
 * @param runMs maximum duration of the run
 */
export async function runOnce(
  runs: FlowRunRepository,
  claimed: ClaimedRun,
  { runMs, work }: { readonly runMs: number; readonly work: RunWork },
): Promise<FlowRun> {
  let pollMs = firstPollMs;
  let state = await runs.claim(claimed, runMs + leaseSlackMs);
  for (;;) {
    switch (state.kind) {
      case "CLAIMED":
        return await execute(runs, claimed, work);
      case "ENDED":
        claimed.claim.replayed = true;
        return state.run;
      case "RUNNING":
        await sleep(pollMs, undefined, { signal: claimed.write.signal });
        pollMs = Math.min(pollMs * 2, maxPollMs);
        state = (await runs.find(claimed)) ?? (await runs.claim(claimed, runMs + leaseSlackMs));
        break;
      case "LOST":
        throw outcomeUnknown("An earlier request with this idempotency key was interrupted.");
      case "TOO_LARGE":
        throw outcomeUnknown("The response of the request with this idempotency key was too large to be stored.");
      case "ERASED":
        throw erasedError("Caller");
      default:
        return state satisfies never;
    }
  }
}

function outcomeUnknown(whatHappened: string): DomainError {
  return new DomainError(
    "OUTCOME_UNKNOWN",
    `${whatHappened} The flow is not run again, because external APIs may have been called.`,
  );
}

async function execute(runs: FlowRunRepository, claimed: ClaimedRun, work: RunWork): Promise<FlowRun> {
  const { write } = claimed;
  const result = await work.run(withoutClient(write.signal)).catch(async (error: unknown) => {
    const unstopped = lasting(claimed);
    // If this fails, the lease expires.
    await (work.hasCalled() ? runs.abandon(unstopped) : runs.free(unstopped)).catch(() => {});
    throw error;
  });
  const stored = runs.finish(lasting(claimed), { run: result, people: work.people() }).catch(() => {});
  await Promise.race([stored, sleep(storeWaitMs)]);
  return result;
}

/** The record is changed even if the client has disconnected. */
function lasting(claimed: ClaimedRun): ClaimedRun {
  const write: WriteContext = { ...claimed.write, signal: AbortSignal.timeout(storeTimeoutMs) };
  return { ...claimed, write };
}

/**
 * The run continues if the client disconnects or its deadline expires: the client sends the request again and receives
 * the response. Its own time limit ends it soon. A shutdown still stops it.
 */
function withoutClient(signal: AbortSignal): AbortSignal {
  const stop = new AbortController();
  const pass = () => {
    const isOfClient =
      signal.reason instanceof DomainError &&
      (signal.reason.reason === "CALL_CANCELLED" || signal.reason.reason === "DEADLINE_EXCEEDED");
    if (!isOfClient) stop.abort(signal.reason);
  };
  if (signal.aborted) stop.abort(signal.reason);
  signal.addEventListener("abort", pass, { once: true });
  return stop.signal;
}
