import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { PrismaClient } from "../gen/prisma/client.js";
import type { Log } from "./log.js";
import { nameGenerated } from "./statement.js";

/** Prisma over the pool of the service. Disconnecting it leaves the pool open. */
export function createPrisma(pool: pg.Pool, log: Log): PrismaClient {
  if (!isAdapterPool(pool)) throw new TypeError("Prisma and the service load two copies of the driver `pg`.");
  const adapter = new PrismaPg(pool, {
    disposeExternalPool: false,
    // Without a name every statement is planned anew, which costs several times its run.
    statementNameGenerator: nameGenerated,
    // The statement under way is rejected as well; without a listener the event would end the process.
    onConnectionError: ({ message }) =>
      log.warn({ reason: message }, "a database connection was lost in a transaction"),
  });
  return new PrismaClient({ adapter, errorFormat: "minimal" });
}

/** The adapter may bring another version of the driver's types; at run time it must be the same driver. */
function isAdapterPool(pool: unknown): pool is ConstructorParameters<typeof PrismaPg>[0] {
  return pool instanceof pg.Pool;
}
