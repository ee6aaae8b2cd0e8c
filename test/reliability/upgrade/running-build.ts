import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Tenant } from "../../faults/world.js";
import { type Ended, type Environment, run, until } from "../../server/service.js";

/** A server process of a build. Disposing of it kills what still runs. */
export interface RunningBuild extends AsyncDisposable {
  readonly httpUrl: string;
  /** Ends it by SIGTERM. */
  stop(): Promise<Ended>;
}

/** A start applies migrations, under the load of other builds and other test files. */
const patienceMs = 120_000;

/**
 * Starts the server of a build. Reads no more of its output than every release prints: that it is ready, and its HTTP
 * address first.
 */
export async function startBuild(directory: string, environment: Environment): Promise<RunningBuild> {
  const ports = { HTTP_PORT: "0", GRPC_PORT: "0" };
  const running = run(join(directory, "dist/main.js"), [], { ...ports, ...environment });
  const { child } = running;
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  let httpUrl = "";
  await until(() => {
    if (!isRunning()) throw new Error(`The build in ${directory} ended: ${running.stderr()}`);
    [, httpUrl = ""] = /^moego is ready[\s\S]*?(http:\S+)\n/m.exec(running.stdout()) ?? [];
    return httpUrl !== "";
  }, patienceMs);
  return {
    httpUrl,
    stop: () => {
      child.kill("SIGTERM");
      return running.ended;
    },
    async [Symbol.asyncDispose]() {
      if (isRunning()) child.kill("SIGKILL");
      await running.ended;
    },
  };
}

/** Creates a company with one location, and an API key with access to it, by the commands of a build. */
export async function createTenant(
  directory: string,
  environment: Environment,
): Promise<Pick<Tenant, "companyId" | "businessId" | "secret">> {
  const companyId = "cmp_upgrade";
  // Releases have the command in different files.
  const { bin } = JSON.parse(await readFile(join(directory, "package.json"), "utf8"));
  const command = join(directory, bin.moego);
  const moego = async (...words: string[]) => {
    const { code, stdout, stderr } = await run(command, words, environment).ended;
    if (code !== 0) throw new Error(`moego ${words.join(" ")}: ${stderr}`);
    return stdout.trim();
  };
  const place = ["--country", "US", "--time-zone", "UTC"];
  await moego("companies", "create", "--id", companyId, "--name", "Upgraded", ...place);
  await moego("businesses", "create", "--company", companyId, "--id", "biz", "--name", "Here");
  const secret = await moego("keys", "create", "--name", "upgrade", "--company", companyId);
  return { companyId, businessId: "biz", secret };
}
