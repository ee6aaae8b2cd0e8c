import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";

export interface Service {
  readonly httpUrl: string;
  readonly grpcUrl: string;
  readonly pid: number;
  /** From the start of `node` to the line that reports ready. */
  readonly readyAfterMs: number;
  /** Resident memory of the process, in MiB. */
  residentMiB(): number;
  stop(): Promise<void>;
}

export const demoKey = "demo-key-of-the-first-company-in-benchmarks";
const readyBudgetMs = 30_000;

interface ServiceOptions {
  /** Of a checkout that has been built. Default: this one. */
  readonly folder?: string;
  /** Arguments of node. */
  readonly nodeArguments?: readonly string[];
  /** Whether it runs as single modules, so that a preloaded module can replace parts of packages. */
  readonly isUnbundled?: boolean;
  /** Beside those that every start needs. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts the compiled server with its embedded database in `dataDir` and default settings. */
export async function startService(dataDir: string, options: ServiceOptions = {}): Promise<Service> {
  const { folder = ".", nodeArguments = [], environment = {} } = options;
  const startedAt = performance.now();
  const env = {
    ...{ PATH: process.env["PATH"], HTTP_PORT: "0", GRPC_PORT: "0", DATA_DIR: dataDir, DEMO_API_KEY: demoKey },
    ...environment,
  };
  // The log is written as in production, and discarded.
  const stdio = ["ignore" as const, "pipe" as const, "ignore" as const];
  const child = spawn(process.execPath, [...nodeArguments, programOf(folder, options)], { cwd: folder, env, stdio });
  const banner = await bannerOf(child);
  const readyAfterMs = performance.now() - startedAt;
  return {
    httpUrl: /REST, Connect, gRPC-Web +(\S+)/.exec(banner)?.[1] ?? "",
    grpcUrl: `http://${/gRPC +(?:http:\/\/)?(\S+:\d+)/.exec(banner)?.[1] ?? ""}`,
    pid: child.pid ?? Number.NaN,
    readyAfterMs,
    residentMiB: () =>
      Number(execFileSync("ps", ["-o", "rss=", "-p", String(child.pid)], { encoding: "utf8" })) / 1_024,
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** What `npm start` runs. Earlier builds are not bundled. */
function programOf(folder: string, { isUnbundled = false }: ServiceOptions): string {
  const bundle = "dist/bundle/main.js";
  return !isUnbundled && existsSync(join(folder, bundle)) ? bundle : "dist/main.js";
}

function bannerOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    const timer = setTimeout(() => reject(new Error("The service is not ready in time.")), readyBudgetMs);
    child.stdout?.on("data", (data) => {
      output += data;
      if (!/^moego is ready[\s\S]+\n\n$/m.test(output)) return;
      clearTimeout(timer);
      resolve(output);
    });
    child.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`The service ended with code ${code}. Has it been built?`));
    });
  });
}
