import type { Config } from "../config/config.js";
import { OperatorError } from "../core/operator-error.js";
import { migrateDatabase, migrateOrVerify, openDatabaseServer, seedDemo } from "../database-server.js";
import { createLogin } from "../db/migrate/create-login.js";
import { type Command, counted, outJson } from "./command.js";
import type * as declared from "./declarations/server.js";
import { warningLog } from "./session.js";
import { UsageError } from "./usage-error.js";

/** `moego migrate`: creates or updates roles and tables, and with `--create-login` the login of the server. */
export const migrate: Command<typeof declared.migrate> = async (values, { config, terminal }) => {
  const log = warningLog(terminal.err);
  const server = await openDatabaseServer(config, log);
  try {
    if (values["create-login"] && (await createServiceLogin(config.database)))
      terminal.err("Created the login of DATABASE_URL.");
    const applied = await migrateDatabase(server, log);
    if (values.json) outJson(terminal, { applied });
    else for (const name of applied) terminal.out(name);
    terminal.err(
      applied.length === 0 ? "The database is up to date." : `${counted(applied.length, "migration")} applied.`,
    );
  } finally {
    await server.stop();
  }
};

/** Whether the login was created now. */
function createServiceLogin({ url, migrationUrl }: Config["database"]): Promise<boolean> {
  if (url === undefined || migrationUrl === undefined)
    throw new UsageError("--create-login requires DATABASE_URL and DATABASE_MIGRATION_URL.");
  return createLogin({ ownerUrl: migrationUrl, loginUrl: url });
}

/** `moego seed`: writes the demo data if it does not exist, and prints the demo API keys. */
export const seed: Command<typeof declared.seed> = async ({ json }, { config, terminal }) => {
  const log = warningLog(terminal.err);
  const server = await openDatabaseServer(config, log);
  try {
    await migrateOrVerify(server, log);
    const seeded = await seedDemo(config, server);
    if (!seeded)
      throw new OperatorError("To write demo data to the database of DATABASE_URL, set SEED_DEMO=1.", {
        exit: "usage",
      });
    if (seeded.outcome === "absent") {
      throw new OperatorError(
        "The database already contains companies, so no demo data was written. Set SEED_DEMO=1 to add it anyway.",
        { exit: "cannotCreate" },
      );
    }
    terminal.err(seeded.outcome === "written" ? "Demo data written." : "The demo data already exists.");
    const { first, second } = seeded.secrets;
    const keys = [["cmp_001", first] as const, ["cmp_002", second] as const];
    if (json) {
      const working = keys.flatMap(([companyId, secret]) => (secret === undefined ? [] : [{ companyId, secret }]));
      outJson(terminal, { outcome: seeded.outcome, keys: working });
    }
    for (const [companyId, secret] of keys) {
      if (secret !== undefined) json || terminal.out(`${companyId} ${secret}`);
      else terminal.err(`The demo key of ${companyId} was rotated or revoked and was not changed.`);
    }
  } finally {
    await server.stop();
  }
};
