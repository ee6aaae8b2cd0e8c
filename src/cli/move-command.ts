import type { Config } from "../config/config.js";
import { migrateDatabase, openDatabaseServer } from "../database-server.js";
import { liftFence } from "../db/backup/fence.js";
import { moveDatabase } from "../db/backup/move-database.js";
import { isVerifiedConnection } from "../db/verified-connection.js";
import { type Command, type CommandContext, counted, outJson } from "./command.js";
import type * as declared from "./declarations/backup.js";
import { assertMovableSecrets } from "./moved-secrets.js";
import { createProgress } from "./progress.js";
import { warningLog } from "./session.js";
import { UsageError } from "./usage-error.js";
import { readVersion } from "./version.js";

/**
 * `moego move --from embedded|URL`: copies another database into the one of the configuration, which the server uses
 * afterwards. The other one is read-only from then on.
 */
export const move: Command<typeof declared.move> = async (values, context) => {
  const { config, terminal, now } = context;
  const from = sourceOf(values.from, config);
  const startedAt = now();
  await withSource(from, context, async (sourceUrl) => {
    if (values.unlock) {
      await liftFence(sourceUrl);
      return terminal.out("The database is writable again.");
    }
    if (!values["without-secret-key"]) await assertMovableSecrets(config, sourceUrl, from);
    const log = warningLog(terminal.err);
    const target = await openDatabaseServer(config, log);
    const progress = createProgress(terminal, now);
    try {
      const keepWritable = values["keep-writable"];
      const { ownerUrl, serviceUrl } = target;
      const moved = await moveDatabase({
        ...{ sourceUrl, ownerUrl, serviceUrl, keepWritable, progress },
        ...{ replace: values.replace, version: readVersion() },
      });
      const applied = await migrateDatabase(target, log);
      progress.end();
      const seconds = ((now() - startedAt) / 1_000).toFixed(1);
      if (values.json) return outJson(terminal, { ...moved, migrations: applied });
      const what = `${counted(moved.tables, "table")} with ${counted(moved.rows, "row")}`;
      terminal.out(`Copied ${what} as of ${moved.snapshotTime} in ${seconds} s. All counts and hashes match.`);
      for (const name of applied) terminal.out(`Applied migration ${name}.`);
      terminal.out(keepWritable ? rehearsed : done);
    } finally {
      progress.end();
      await target.stop();
    }
  });
};

const done =
  "Start the server with this configuration. The other database is now read-only; `--unlock` makes it writable again.";
const rehearsed = "The other database remains writable. What is written to it after that time is not in the copy.";

/** Undefined for the embedded database. */
function sourceOf(from: string, { database }: Config): string | undefined {
  if (from === "embedded") {
    if (database.url !== undefined) return undefined;
    throw new UsageError("The configuration names the embedded database too. Set DATABASE_URL to the new database.");
  }
  if (!/^postgres(ql)?:\/\//.test(from) || !URL.canParse(from))
    throw new UsageError("--from must be `embedded` or a URL that starts with postgresql://.");
  if (database.allowInsecure || isVerifiedConnection(from, { verifies: true })) return from;
  throw new UsageError(
    "The database of --from is not on this machine, so its data would cross the network without verified TLS. Add " +
      "sslmode=verify-full, or set DATABASE_ALLOW_INSECURE=1 for a trusted network.",
  );
}

async function withSource(
  from: string | undefined,
  { config, terminal }: CommandContext,
  work: (url: string) => Promise<void>,
): Promise<void> {
  if (from !== undefined) return await work(from);
  const embedded = { ...config, database: { ...config.database, url: undefined, migrationUrl: undefined } };
  const server = await openDatabaseServer(embedded, warningLog(terminal.err));
  try {
    await work(server.ownerUrl);
  } finally {
    await server.stop();
  }
}
