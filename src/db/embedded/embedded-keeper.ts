import { setTimeout as sleep } from "node:timers/promises";
import { EmbeddedPostgresError } from "./embedded-error.js";
import { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from "./embedded-postgres.js";

/** An embedded PostgreSQL that is restarted on the same port if it stops unexpectedly. */
interface KeptPostgres extends Pick<EmbeddedPostgres, "ownerUrl" | "serviceUrl" | "stop"> {
  /** Rejects with an EmbeddedPostgresError if the server cannot be kept running. Needs no handler. */
  readonly failed: Promise<never>;
}

const maxRestarts = 5;
const firstDelayMs = 250;
/**
 * A server that ran for this long was healthy. Its next loss counts as the first, so that only repeated failures to
 * start end the process.
 */
const steadyMs = 2_000;

/** Starts or joins the embedded PostgreSQL and keeps it running until `stop`. */
export async function keepEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<KeptPostgres> {
  const first = await startEmbeddedPostgres(options);
  const stopped = new AbortController();
  let current = Promise.resolve(first);
  const keep = async (): Promise<never> => {
    for (let losses = 1; ; losses += 1) {
      const { lost } = await current;
      const runningSince = performance.now();
      await lost;
      if (performance.now() - runningSince > steadyMs) losses = 1;
      options.log?.warn({ losses }, "embedded PostgreSQL stopped unexpectedly");
      current = startAgain(first, { losses, options, signal: stopped.signal });
    }
  };
  const failed = keep();
  failed.catch(() => {});
  return {
    ownerUrl: first.ownerUrl,
    serviceUrl: first.serviceUrl,
    failed,
    async stop() {
      stopped.abort();
      // A start in progress is awaited and undone.
      const server = await current.catch(() => undefined);
      await server?.stop();
    },
  };
}

interface Restart {
  readonly losses: number;
  readonly options: EmbeddedPostgresOptions;
  readonly signal: AbortSignal;
}

/** Immediately after the first loss, then after delays that double. Each loss leaves one attempt less. */
async function startAgain(lost: EmbeddedPostgres, { losses, options, signal }: Restart): Promise<EmbeddedPostgres> {
  for (let attempt = losses; attempt <= maxRestarts; attempt += 1) {
    if (attempt > 1) await sleep(firstDelayMs * 2 ** (attempt - 1), undefined, { signal });
    const server = await startEmbeddedPostgres(options).catch((error: unknown) => {
      options.log?.warn(
        { attempt, reason: error instanceof Error ? error.message : String(error) },
        "failed to restart the embedded PostgreSQL",
      );
    });
    if (!server) continue;
    if (server.serviceUrl === lost.serviceUrl) return server;
    await server.stop();
    throw new EmbeddedPostgresError(
      "The embedded PostgreSQL stopped and another process now uses its port. Restart the server.",
    );
  }
  throw new EmbeddedPostgresError(`The embedded PostgreSQL keeps stopping. See its log: ${lost.folder}/server.log`);
}
