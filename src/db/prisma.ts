import { AsyncLocalStorage } from "node:async_hooks";
import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { PrismaClient } from "../gen/prisma/client.js";
import type { Log } from "./log.js";
import { withPooledClient } from "./pooled-client.js";
import { nameGenerated } from "./statement.js";

/** Prisma on the pool of the server. Disconnecting it leaves the pool open. */
export function createPrisma(pool: pg.Pool, log: Log): PrismaClient {
  const cancellable = cancellableReads(pool);
  if (!isAdapterPool(cancellable)) throw new TypeError("Prisma and the server loaded two copies of the `pg` driver.");
  const adapter = new PrismaPg(cancellable, {
    disposeExternalPool: false,
    // Without a name every execution is planned again, which costs several times the execution itself.
    statementNameGenerator: nameGenerated,
    // The running statement is rejected as well; without a listener the event would end the process.
    onConnectionError: ({ message }) =>
      log.warn({ reason: message }, "lost a database connection during a transaction"),
  });
  return new PrismaClient({ adapter, errorFormat: "minimal" });
}

/**
 * The signal of the request whose read Prisma runs. Prisma accepts no signal, but it sends its statements within the
 * asynchronous context of its caller.
 */
const asked = new AsyncLocalStorage<AbortSignal>();

/**
 * Runs a read whose statements are canceled when the signal aborts.
 *
 * Must not use `findUnique`: Prisma combines concurrent calls of several requests into one statement, and an abort of
 * one request would cancel it for all. `findFirst` is not combined.
 */
export function readWithCancel<T>(signal: AbortSignal, read: () => Promise<T>): Promise<T> {
  return asked.run(signal, async () => await read());
}

/** The pool as seen by Prisma. A statement outside a transaction runs on a client acquired for its request. */
function cancellableReads(pool: pg.Pool): pg.Pool {
  const query = (config: pg.QueryConfig) => {
    const signal = asked.getStore();
    return signal ? withPooledClient(pool, signal, (client) => client.query(config)) : pool.query(config);
  };
  return new Proxy(pool, {
    get(target, key) {
      if (key === "query") return query;
      const member: unknown = Reflect.get(target, key);
      // The methods of the pool assign members of `this`, which must be the pool itself.
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

/** The adapter may bring another version of the driver's types. At run time it must be the same driver. */
function isAdapterPool(pool: unknown): pool is ConstructorParameters<typeof PrismaPg>[0] {
  return pool instanceof pg.Pool;
}
