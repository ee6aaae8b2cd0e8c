import { parseArgs } from "node:util";
import { migrateDatabase, openDatabaseServer, seedDemo } from "../database-server.js";
import type { Command } from "./command.js";
import { warningLog } from "./session.js";

/** `moego migrate`: brings roles and tables up to date. */
export const migrate: Command = async (words, { config, terminal }) => {
  parseArgs({ args: [...words], options: {} });
  const log = warningLog(terminal.err);
  const server = await openDatabaseServer(config, log);
  try {
    const applied = await migrateDatabase(server, log);
    for (const name of applied) terminal.out(name);
    terminal.err(applied.length === 0 ? "The database is up to date." : `${applied.length} applied.`);
  } finally {
    await server.stop();
  }
};

/** `moego seed`: writes the demo data once, and prints the keys that open it. */
export const seed: Command = async (words, { config, terminal }) => {
  parseArgs({ args: [...words], options: {} });
  const log = warningLog(terminal.err);
  const server = await openDatabaseServer(config, log);
  try {
    await migrateDatabase(server, log);
    const seeded = await seedDemo(config, server);
    if (!seeded) throw new Error("Demo data goes into a database given by DATABASE_URL only with SEED_DEMO=1.");
    if (seeded.outcome === "absent") {
      throw new Error(
        "The database has companies of its own: nothing was written. SEED_DEMO=1 adds the demo companies beside them.",
      );
    }
    terminal.err(seeded.outcome === "written" ? "Demo data written." : "The demo data was there already.");
    const { first, second } = seeded.secrets;
    for (const [companyId, secret] of [["cmp_001", first] as const, ["cmp_002", second] as const]) {
      if (secret !== undefined) terminal.out(`${companyId} ${secret}`);
      else terminal.err(`The demo key of ${companyId} was rotated or revoked, and is left as it is.`);
    }
  } finally {
    await server.stop();
  }
};
