import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environmentSchema } from "../../src/config/config-schema.js";
import { type Service, startService } from "./service.js";

interface Block {
  readonly language: string;
  readonly text: string;
}

const readme = await readFile("README.md", "utf8");
const blocks: readonly Block[] = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({
  language: language ?? "",
  text: (text ?? "").trim(),
}));

/** What .ci/run does itself, around these tests. */
const runByCi: ReadonlyMap<string, readonly string[]> = new Map([
  ["npm ci && npm start", ["npm ci", "npm start"]],
  ["npm ci && npm test", ["npm ci", "npm test"]],
  [
    "npm run typecheck && npm run lint && npm run proto:check",
    ["npm run --silent typecheck", "npm run --silent lint", "npm run --silent proto:check"],
  ],
]);

let dataDir: string;
let service: Service;
let answers: readonly { readonly command: string; readonly output: string; readonly printed?: string }[];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "moego-readme-"));
  service = await startService({ DATA_DIR: dataDir });
  answers = await runBlocks();
});

afterAll(async () => {
  await service.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** Runs every block of commands in one shell, in the order of the page, on the ports of this service. */
async function runBlocks() {
  const commands = blocks.flatMap((block, position) => {
    const next = blocks[position + 1];
    if (block.language !== "sh" || runByCi.has(block.text)) return [];
    return [{ command: block.text, ...(next?.language === "json" ? { printed: next.text } : {}) }];
  });
  const port = new URL(service.httpUrl).port;
  const script = commands
    .map(({ command }) => command.replaceAll(":8080", `:${port}`).replaceAll(":50051", `:${service.grpcPort}`))
    .join("\nprintf '\\f'\n");
  const env = { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? dataDir, DATA_DIR: dataDir };
  const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", script], { env });
  const outputs = stdout.split("\f");
  return commands.map((entry, position) => ({ ...entry, output: outputs[position] ?? "" }));
}

describe("the README", () => {
  it("prints under each command what it answers", () => {
    const printed = answers.filter((answer) => answer.printed !== undefined);
    expect(printed.length).toBeGreaterThanOrEqual(4);
    for (const { command, output, printed: expected = "" } of printed) {
      expect(JSON.parse(output), command).toEqual(atLeast(JSON.parse(expected)));
    }
  });

  it("has no command that neither these tests nor the CI script runs", async () => {
    const script = await readFile(".ci/run", "utf8");
    for (const parts of runByCi.values()) for (const part of parts) expect(script).toContain(part);
    expect(answers.length).toBe(blocks.filter(({ language, text }) => language === "sh" && !runByCi.has(text)).length);
  });

  it("names every variable of the configuration and no other", () => {
    const table = readme.slice(readme.indexOf("| Variable |"), readme.indexOf("**Your own PostgreSQL.**"));
    const rows = table.split("\n").slice(2);
    const named = rows.flatMap((row) =>
      [...(row.split("|")[1] ?? "").matchAll(/`([A-Z_0-9]+)`/g)].map(([, name]) => name),
    );
    expect(named.toSorted()).toEqual(Object.keys(environmentSchema.shape).toSorted());
  });

  it("names only files that exist", async () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => path ?? "");
    expect(links.length).toBeGreaterThan(0);
    for (const link of links) await expect(readFile(link, "utf8")).resolves.toBeTruthy();
  });
});

describe("the lines that a start prints", () => {
  it("work as they stand when pasted in the folder of the repository", async () => {
    const lines = service.stdout().split("\n");
    const commands = lines.filter((line) => /^(curl|npx) /.test(line));
    expect(commands).toHaveLength(3);
    for (const command of commands) {
      const { stdout } = await promisify(execFile)("bash", ["-c", command]);
      expect(JSON.parse(stdout).customers).toHaveLength(2);
    }
  });
});

/** What is printed must be answered; an answer may say more. Ids that were made and cursors differ from call to call. */
function atLeast(printed: unknown): unknown {
  if (typeof printed === "string" && /^(cus_0|EQ)[A-Za-z0-9_-]{15,}$/.test(printed)) return expect.any(String);
  if (Array.isArray(printed)) return printed.map(atLeast);
  if (typeof printed !== "object" || printed === null) return printed;
  return expect.objectContaining(
    Object.fromEntries(Object.entries(printed).map(([key, value]) => [key, atLeast(value)])),
  );
}
