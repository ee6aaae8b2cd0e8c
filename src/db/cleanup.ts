import type { WriteContext } from "../core/write.js";
import type { Database } from "./database.js";
import type { Log } from "./log.js";
import { type Statement, statement } from "./statement.js";

interface CleanupOptions {
  readonly database: Database;
  readonly log: Log;
  readonly retention: Retention;
  /** Mean interval between two runs; default 5 minutes. */
  readonly intervalMs?: number;
}

/** Days for which entries are kept; 0 = forever. */
export interface Retention {
  readonly auditLogDays: number;
  /** With 0 no further reads are recorded. */
  readonly keyUseDays: number;
  /** Of ids in followed lists whose records are no longer there. */
  readonly departureDays: number;
}

interface Cleanup {
  /** Starts no further run. Resolves when the current one has ended. */
  stop(): Promise<void>;
}

const defaultIntervalMs = 5 * 60_000;
/** Maximum number of batches per run. The next run continues. */
const maxBatches = 50;
const batchSize = 1_000;

/** Removes expired rows every few minutes, at different times in each process. */
export function startCleanup({ database, log, retention, intervalMs = defaultIntervalMs }: CleanupOptions): Cleanup {
  const stopped = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout;
  const schedule = () => {
    timer = setTimeout(
      () => {
        running = run().finally(() => stopped.signal.aborted || schedule());
      },
      intervalMs * (0.5 + Math.random()),
    ).unref();
  };
  async function run(): Promise<void> {
    try {
      const removed = await cleanUp(database, retention, stopped.signal);
      if (removed > 0) log.info({ removed }, "removed expired rows");
    } catch (err) {
      if (!stopped.signal.aborted) log.warn({ err }, "failed to remove expired rows");
    }
  }
  schedule();
  return {
    async stop() {
      stopped.abort();
      clearTimeout(timer);
      await running;
    },
  };
}

/**
 * One run: expired idempotency records, flow runs and snapshots of merges, card links that expired unused five days ago, and entries of the
 * audit log, of key use and of departures after their retention. Used links are retained. A card can be entered until a
 * day after its link has expired, and the provider reports it for three days more. Small batches skip locked rows, so
 * that no request waits for them.
 *
 * @returns the number of removed rows
 */
export async function cleanUp(database: Database, retention: Retention, signal: AbortSignal): Promise<number> {
  const write = { rpc: "moego cleanup", requestId: "", keyId: "", companies: "all" as const, ip: "", signal };
  let removed = 0;
  for (const batch of [removeClaims, removeCardLinks, removeFlowRuns, removeMergeSnapshots])
    removed += await removeAll(database, batch, write);
  for (const { batch, days } of [
    { batch: removeKeyUses, days: retention.keyUseDays },
    { batch: removeDepartures, days: retention.departureDays },
    { batch: removeChanges, days: retention.auditLogDays },
  ])
    if (days > 0) removed += await removeAll(database, batch, write, days);
  return removed;
}

async function removeAll(database: Database, batch: Statement, write: WriteContext, ...more: readonly number[]) {
  let removed = 0;
  for (let batches = 0; batches < maxBatches; batches += 1) {
    const [row] = await database.write<{ removed: number }>(batch, [batchSize, ...more], write);
    removed += row?.removed ?? 0;
    if ((row?.removed ?? 0) < batchSize) break;
  }
  return removed;
}

const removeClaims = removeOld("claims", "idempotency", "expired_time", "<= statement_timestamp()");
const removeFlowRuns = removeOld("flow_runs", "flow_run", "expired_time", "<= statement_timestamp()");
const removeMergeSnapshots = removeOld(
  "merge_snapshots",
  "customer_merge_snapshot",
  "expired_time",
  "<= statement_timestamp()",
);
const removeKeyUses = removeOld("key_uses", "key_use", "used_time", beforeRetention());
const removeDepartures = removeOld("departures", "departure", "departed_time", beforeRetention());
const removeCardLinks = removeOld(
  "card_links",
  "card_link",
  "expired_time",
  "<= statement_timestamp() - interval '5 days' AND used_time IS NULL",
);

/** Runs as the owner: the service may not remove entries of the audit log. */
const removeChanges = statement(
  "cleanup.changes",
  "SELECT remove_old_changes(statement_timestamp() - $2::int * interval '1 day', $1::int) AS removed",
);

/**
 * A batch of the oldest rows. `statement_timestamp()` is the same for every row, unlike `clock_timestamp()`, so the index
 * can be used.
 *
 * @param condition on the time, and on other columns
 */
function removeOld(name: string, table: string, time: string, condition: string): Statement {
  return statement(
    `cleanup.${name}`,
    `WITH gone AS (
  DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM ${table} WHERE ${time} ${condition}
    ORDER BY ${time} LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1)
SELECT count(*)::int AS removed FROM gone`,
  );
}

/** `$2` is the retention in days. */
function beforeRetention(): string {
  return "< statement_timestamp() - $2::int * interval '1 day'";
}
