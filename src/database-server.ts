import { type Config, ownUrl } from "./config/config.js";
import { keepEmbeddedPostgres } from "./db/embedded/embedded-keeper.js";
import type { Log } from "./db/log.js";
import { assertMigrated, prepareDatabase } from "./db/migrate/migrate.js";
import type { SeedOutcome } from "./db/migrate/seed.js";
import { excessPowerOf, excessPowerRefused } from "./db/migrate/service-login.js";
import { openSecrets } from "./db/secrets.js";
import type { DemoSecrets, WorkingSecrets } from "./demo/demo-keys.js";

/** The configured PostgreSQL, or the embedded one. */
export interface DatabaseServer {
  /** Login of the server role. */
  readonly serviceUrl: string;
  /** Login of the owner of the tables, or the server's login if the process has no other. */
  readonly ownerUrl: string;
  readonly isEmbedded: boolean;
  /** Rejects if the embedded PostgreSQL stopped and cannot be restarted. An unhandled rejection is harmless. */
  readonly failed: Promise<never>;
  /** Stops the embedded PostgreSQL, unless another process uses it. */
  stop(): Promise<void>;
}

/** Without `DATABASE_URL`, joins or starts the embedded PostgreSQL, and restarts it if it stops. */
export async function openDatabaseServer(config: Config, log: Log): Promise<DatabaseServer> {
  const { url, migrationUrl } = config.database;
  if (url !== undefined) {
    const failed = new Promise<never>(() => {});
    return { serviceUrl: url, ownerUrl: migrationUrl ?? url, isEmbedded: false, failed, stop: async () => {} };
  }
  return { ...(await keepEmbeddedPostgres({ dataDir: config.dataDir, log })), isEmbedded: true };
}

/** Creates or updates roles and tables. */
export async function migrateDatabase(server: DatabaseServer, log: Log): Promise<readonly string[]> {
  return await prepareDatabase({ migrationUrl: server.ownerUrl, serviceUrl: server.serviceUrl, log });
}

/**
 * Makes sure that the server can start: its login owns nothing, unless DATABASE_ALLOW_OWNER permits it, and the schema
 * matches this version.
 *
 * @throws RoleError or MigrationError with instructions
 */
export async function readyDatabase(config: Config, server: DatabaseServer, log: Log): Promise<void> {
  const excess = await excessPowerOf(server.serviceUrl);
  if (excess && !config.database.allowOwner) throw excessPowerRefused(excess);
  await migrateOrVerify(server, log);
}

/** Migrates with the owner's login. Without it, verifies the schema, which takes no rights over tables. */
export async function migrateOrVerify(server: DatabaseServer, log: Log): Promise<void> {
  const isOwner = server.ownerUrl !== server.serviceUrl || (await excessPowerOf(server.serviceUrl))?.canMigrate;
  if (isOwner) await migrateDatabase(server, log);
  else await assertMigrated({ url: server.serviceUrl });
}

/** Secrets of the server, from the environment or stored in DATA_DIR. */
export interface ServiceSecrets {
  readonly pageTokenSecret: string;
  /** 32 bytes. */
  readonly secretKey: Buffer;
  /** Previous keys, used only to decrypt existing secrets. */
  readonly previousSecretKeys?: readonly Buffer[];
}

export async function serviceSecrets(config: Config): Promise<ServiceSecrets> {
  const { pageTokenSecret, secretKey } = config;
  // With DATABASE_URL both are set (config-schema.ts), so nothing is read from a disk that may not be persistent.
  const kept = pageTokenSecret !== undefined && secretKey !== undefined ? undefined : await openSecrets(config.dataDir);
  return {
    pageTokenSecret: pageTokenSecret ?? kept?.pageTokenSecret ?? "",
    secretKey: Buffer.from(secretKey ?? kept?.secretKey ?? "", "base64"),
    previousSecretKeys: config.previousSecretKeys.map((key) => Buffer.from(key, "base64")),
  };
}

export interface SeededDemo {
  readonly outcome: SeedOutcome;
  /** Secrets of the demo API keys; empty if the outcome is `absent`. */
  readonly secrets: WorkingSecrets;
}

/**
 * Writes the demo data into an empty embedded database, or into any database with `SEED_DEMO`. Undefined for a database
 * given by `DATABASE_URL` without `SEED_DEMO`.
 */
export async function seedDemo(config: Config, server: DatabaseServer): Promise<SeededDemo | undefined> {
  if (!server.isEmbedded && !config.demo.seed) return undefined;
  const [{ demoData }, { workingSecrets }, { seed }] = await Promise.all([
    import("./demo/demo-data.js"),
    import("./demo/demo-keys.js"),
    import("./db/migrate/seed.js"),
  ]);
  const secrets = await demoSecrets(config);
  const onlyWhenEmpty = !config.demo.seed;
  const data = demoData(secrets, `${ownUrl(config, config.httpPort)}/demo/echo`);
  const { outcome, openKeyIds } = await seed({ url: server.ownerUrl, data, onlyWhenEmpty });
  return { outcome, secrets: workingSecrets(secrets, openKeyIds) };
}

async function demoSecrets({ demo, dataDir }: Config): Promise<DemoSecrets> {
  if (demo.key !== undefined && demo.secondKey !== undefined) return { first: demo.key, second: demo.secondKey };
  const kept = await openSecrets(dataDir);
  return { first: demo.key ?? kept.demoKey, second: demo.secondKey ?? kept.secondDemoKey };
}
