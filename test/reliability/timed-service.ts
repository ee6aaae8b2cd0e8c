import { join } from "node:path";
import { type Environment, environmentOf, type Service, startService, until } from "../server/service.js";
import type { TestDatabase } from "../support/database.js";

/** What a service did since it was asked last. */
export interface Timings {
  /** Milliseconds that each exchange was open on its connection, by request id. */
  readonly wireMs: ReadonlyMap<string, number>;
  /** Part of the time in which the event loop was not idle, from 0 to 1. */
  readonly utilization: number;
}

/** A service in a process of its own that says how long its exchanges took. */
export interface TimedService extends Service {
  timings(): Promise<Timings>;
  /** Milliseconds that the service was busy with each call by its log, by request id. */
  servedMs(): ReadonlyMap<string, number>;
}

/** Starts the service as a process over a database of the tests, with more modules loaded before it. */
export async function startTimed(
  database: TestDatabase,
  { preload = [], ...more }: { readonly preload?: readonly string[] } & { readonly environment: Environment },
): Promise<TimedService> {
  const modules = ["timed.mjs", ...preload].map((name) => `--import=${join(import.meta.dirname, name)}`);
  const service = await startService({
    ...environmentOf(database),
    // That of startServer(), whose rows the requests of the entries name.
    SECRET_KEY: Buffer.alloc(32, 9).toString("base64"),
    LOG_LEVEL: "info",
    DRAIN_TIMEOUT_MS: "1000",
    NODE_OPTIONS: modules.join(" "),
    ...more.environment,
  });
  return {
    ...service,
    servedMs: () => servedMs(service),
    async timings() {
      const before = said(service).length;
      service.child.kill("SIGUSR2");
      await until(() => said(service).length > before);
      const { utilization, exchanges } = JSON.parse(said(service).at(-1) ?? "");
      return { utilization, wireMs: new Map(exchanges) };
    },
  };
}

function said(service: Service): string[] {
  return [...service.stderr().matchAll(/^timed (.+)\n/gm)].map(([, json = ""]) => json);
}

function servedMs(service: Service): Map<string, number> {
  const served = new Map<string, number>();
  for (const [line] of service.stdout().matchAll(/^\{.*\}$/gm)) {
    const { msg, requestId, durationMs } = JSON.parse(line);
    if (msg === "request") served.set(requestId, durationMs);
  }
  return served;
}
