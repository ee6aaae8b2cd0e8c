import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { promisify } from "node:util";
import type { TestDatabase } from "../support/database.js";

/** What `npm start` and the image run. */
export const program = "dist/bundle/main.js";

/** Secrets that a service or command of a test is given. */
export const secrets = {
  PAGE_TOKEN_SECRET: "page-token-secret-of-the-server-tests",
  SECRET_KEY: Buffer.alloc(32, 7).toString("base64"),
  DEMO_API_KEY: "demo-key-of-the-first-company-in-server-tests",
  DEMO_API_KEY_2: "demo-key-of-the-second-company-in-server-tests",
} as const;

export type Environment = Readonly<Record<string, string>>;

/** The environment of a service or command that uses the database of a test file. */
export function environmentOf(database: TestDatabase): Environment {
  return { DATABASE_URL: database.serviceUrl, DATABASE_MIGRATION_URL: database.ownerUrl, ...secrets };
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of this repository, with no variables but those given. */
export interface Running {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  readonly ended: Promise<Ended>;
}

/** Starts `node <script> ...`; `npm test` has built `dist` before. */
export function run(script: string, words: readonly string[], environment: Environment): Running {
  return follow(
    spawn(process.execPath, [script, ...words], { env: variables(environment), stdio: ["ignore", "pipe", "pipe"] }),
  );
}

/** As `run`, on a terminal of its own: what the process writes is all in `stdout`, and it reads keys from `stdin`. */
export function runOnTerminal(script: string, environment: Environment, given: readonly string[] = []): Running {
  const command = [process.execPath, script, ...given];
  // Linux and macOS have the same program with other arguments.
  const words =
    process.platform === "linux" ? ["-qec", command.join(" "), "/dev/null"] : ["-q", "/dev/null", ...command];
  return follow(spawn("script", words, { env: variables(environment), stdio: "pipe" }));
}

function variables(environment: Environment): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"] ?? "", ...environment };
}

function follow(child: ChildProcess): Running {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (data) => {
    stdout += data;
  });
  child.stderr?.on("data", (data) => {
    stderr += data;
  });
  const ended = once(child, "close").then(() => ({ code: child.exitCode, stdout, stderr }));
  return { child, stdout: () => stdout, stderr: () => stderr, ended };
}

/** Runs the `moego` command to its end. */
export function moego(words: readonly string[], environment: Environment): Promise<Ended> {
  return run("bin/moego.js", words, environment).ended;
}

/** Disposing of it kills what still runs. */
export interface Service extends Running, AsyncDisposable {
  readonly httpUrl: string;
  readonly grpcPort: number;
  /** Ends it by SIGTERM. */
  stop(): Promise<Ended>;
}

/** Starts the service on free ports and waits until it has said that it is ready. */
export async function startService(environment: Environment, output: "pipe" | "terminal" = "pipe"): Promise<Service> {
  const withPorts = { HTTP_PORT: "0", GRPC_PORT: "0", ...environment };
  // What is loaded before the service may replace single modules, which the bundle does not have.
  const script = environment["NODE_OPTIONS"] === undefined ? program : "dist/main.js";
  const running = output === "pipe" ? run(script, [], withPorts) : runOnTerminal(script, withPorts);
  // On a terminal, lines of the log can stand behind it.
  const isWhole = output === "pipe" ? /^moego is ready[\s\S]+\n\n$/m : /^Connect:\r\n.*\r\n/m;
  await until(() => {
    if (running.child.exitCode !== null) throw new Error(`The service ended: ${running.stderr()}`);
    return isWhole.test(running.stdout());
  });
  const [, httpUrl = ""] = /REST, Connect, gRPC-Web +(\S+)/.exec(running.stdout()) ?? [];
  const [, grpcPort = ""] = /gRPC +\S+:(\d+)/.exec(running.stdout()) ?? [];
  const stop = () => {
    running.child.kill("SIGTERM");
    return running.ended;
  };
  const kill = async () => {
    if (running.child.exitCode === null && running.child.signalCode === null) running.child.kill("SIGKILL");
    await running.ended;
  };
  return { ...running, httpUrl, grpcPort: Number(grpcPort), stop, [Symbol.asyncDispose]: kill };
}

/** Runs all commands that a start with demo data prints, in one shell, and returns the answers of the three calls. */
export async function pasteFirstCalls(service: Service, environment: Environment): Promise<readonly ListAnswer[]> {
  const lines = service.stdout().match(/^(export KEY=|curl |npx buf curl ).*/gm) ?? [];
  const script = lines.join("\nprintf '\\f'\n");
  const bash = promisify(execFile)("bash", ["-euo", "pipefail", "-c", script], { env: variables(environment) });
  const [made, ...answers] = (await bash).stdout.split("\f");
  if (made !== "" || answers.length !== 3)
    throw new Error(`these are not a new key and three calls: ${lines.join("\n")}`);
  return answers.map((text) => JSON.parse(text));
}

interface ListAnswer {
  readonly customers: readonly unknown[];
}

/** Calls a customer list by REST, which every key of cmp_001 may do. */
export function listCustomers(httpUrl: string, secret: string, companyId = "cmp_001"): Promise<Response> {
  return fetch(`${httpUrl}/v1/customers:list`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ companyId, pagination: { pageSize: 10 } }),
  });
}

/** Waits for a condition, for 20 seconds at most unless specified. */
export async function until(isMet: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await isMet())) {
    if (Date.now() > deadline) throw new Error("The condition was not met in time.");
    await pause(25);
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** A port that is taken until it is closed. */
export async function takePort(): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = address && typeof address === "object" ? address.port : 0;
  return { port, [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) };
}
