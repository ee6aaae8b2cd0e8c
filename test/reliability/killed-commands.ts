import { access } from "node:fs/promises";
import { expect } from "vitest";
import { environmentOf, pause, run, until } from "../server/service.js";
import type { TestDatabase } from "../support/database.js";

/** A command that writes in one transaction, under an application name of its own. */
export interface WritingCommand {
  readonly words: readonly string[];
  readonly applicationName: string;
}

/** Runs the whole command, and returns for how many milliseconds it is connected. */
export async function connectedTime({ words, applicationName }: WritingCommand, target: TestDatabase): Promise<number> {
  const running = run("bin/moego.js", words, environmentOf(target));
  await until(() => isConnected(applicationName, target));
  const startedAt = performance.now();
  await until(async () => !(await isConnected(applicationName, target)), 120_000);
  const durationMs = performance.now() - startedAt;
  expect(await running.ended).toMatchObject({ code: 0 });
  return durationMs;
}

/** Starts the command, and kills it so long after it has connected. */
export async function killAfter(
  { words, applicationName }: WritingCommand,
  target: TestDatabase,
  delayMs: number,
): Promise<void> {
  const running = run("bin/moego.js", words, environmentOf(target));
  await until(async () => (await isConnected(applicationName, target)) || running.child.exitCode !== null);
  await pause(delayMs);
  running.child.kill("SIGKILL");
  await running.ended;
  // The server of the database notices it with the next message, and rolls back.
  await until(async () => !(await isConnected(applicationName, target)), 60_000);
}

/** Kills a command as soon as it writes the result that it will give its name at the end. */
export async function killWhileWriting(words: readonly string[], result: string, source: TestDatabase): Promise<void> {
  const running = run("bin/moego.js", words, environmentOf(source));
  await until(() => exists(`${result}.partial`));
  running.child.kill("SIGKILL");
  await running.ended;
}

export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function isConnected(applicationName: string, { owner }: TestDatabase): Promise<boolean> {
  const { rowCount } = await owner.query(
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1",
    [applicationName],
  );
  return rowCount !== 0;
}
