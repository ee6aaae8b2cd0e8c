import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Environment, environmentOf, type Service, startService, until } from "../server/service.js";
import type { TestDatabase } from "../support/database.js";

/** What a process holds after its garbage was collected. */
export interface Held {
  readonly rssBytes: number;
}

/** A service in a process of its own that says what it holds. */
export interface ObservedService extends Service {
  held(): Promise<Held>;
  /** Open files and sockets, as the system knows them: the service does not notice that it is asked. */
  descriptors(): Promise<number>;
  /** Whether it still runs. */
  runs(): boolean;
}

/** Starts the service as a process over a database of the tests. */
export async function startObserved(database: TestDatabase, more: Environment = {}): Promise<ObservedService> {
  const service = await startService({
    ...environmentOf(database),
    // That of startServer(), whose rows the requests of the entries name.
    SECRET_KEY: Buffer.alloc(32, 9).toString("base64"),
    LOG_LEVEL: "error",
    DRAIN_TIMEOUT_MS: "1000",
    NODE_OPTIONS: `--import=${join(import.meta.dirname, "observed.mjs")}`,
    ...more,
  });
  const runs = () => service.child.exitCode === null && service.child.signalCode === null;
  const held = async (): Promise<Held> => {
    const before = observations(service).length;
    service.child.kill("SIGUSR2");
    await until(() => observations(service).length > before);
    return JSON.parse(observations(service).at(-1) ?? "");
  };
  const descriptors = async () => (await readdir(`/proc/${service.child.pid}/fd`)).length;
  return { ...service, held, descriptors, runs };
}

function observations(service: Service): string[] {
  return [...service.stderr().matchAll(/^observed (.+)\n/gm)].map(([, json = ""]) => json);
}
