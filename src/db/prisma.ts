import { AsyncLocalStorage } from "node:async_hooks";
import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { PrismaClient } from "../gen/prisma/client.js";
import type { Log } from "./log.js";
import { withPooledClient } from "./pooled-client.js";
import { nameGenerated } from "./statement.js";

/** Prisma over the pool of the service. Disconnecting it leaves the pool open. */
export function createPrisma(pool: pg.Pool, log: Log): PrismaClient {
  const cancellable = cancellableReads(pool);
  if (!isAdapterPool(cancellable)) throw new TypeError("Prisma and the server loaded two copies of the `pg` driver.");
  const adapter = new PrismaPg(cancellable, {
    disposeExternalPool: false,
    // Without a name every statement is planned anew, which costs several times its run.
    statementNameGenerator: nameGenerated,
    // The statement under way is rejected as well; without a listener the event would end the process.
    onConnectionError: ({ message }) =>
      log.warn({ reason: message }, "a database connection was lost in a transaction"),
  });
  return new PrismaClient({ adapter, errorFormat: "minimal" });
}

/**
 * The signal of the call whose read Prisma runs. Prisma takes no signal, but what it sends to the pool is sent within the
 * asynchronous context of its caller.
 */
const asked = new AsyncLocalStorage<AbortSignal>();

/**
 * Runs a read whose statements are cancelled once the signal aborts.
 *
 * Not by `findUnique`: Prisma makes one statement of those that several calls ask for at once, and the abort of one call
 * would cancel it for all. `findFirst` asks for itself.
 */
export function readWithCancel<T>(signal: AbortSignal, read: () => Promise<T>): Promise<T> {
  return asked.run(signal, async () => await read());
}

/** The pool as Prisma sees it: a statement outside a transaction runs on a client that is lent to its call. */
function cancellableReads(pool: pg.Pool): pg.Pool {
  const query = (config: pg.QueryConfig) => {
    const signal = asked.getStore();
    return signal ? withPooledClient(pool, signal, (client) => client.query(config)) : pool.query(config);
  };
  return new Proxy(pool, {
    get(target, key) {
      if (key === "query") return query;
      const member: unknown = Reflect.get(target, key);
      // Its methods replace members of their own object, which must be the pool itself.
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

/** The adapter may bring another version of the driver's types; at run time it must be the same driver. */
function isAdapterPool(pool: unknown): pool is ConstructorParameters<typeof PrismaPg>[0] {
  return pool instanceof pg.Pool;
}
