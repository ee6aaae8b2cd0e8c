import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environmentSchema } from "../../src/config/config-schema.js";
import { markdownPages } from "../docs/pages.js";
import { pasteFirstCalls, type Service, startService } from "./service.js";

interface Block {
  readonly language: string;
  readonly text: string;
}

interface Step {
  readonly command: string;
  /** The JSON that the page prints below the command. */
  readonly printed?: string;
}

/** The commands that .ci/run runs itself, around these tests. */
const runByCi: ReadonlyMap<string, readonly string[]> = new Map([
  ["npm ci && npm start", ["npm ci", "npm start"]],
  ["npm ci && npm test", ["npm ci", "npm test"]],
  [
    "npm run typecheck && npm run lint && npm run proto:check",
    ["npm run --silent typecheck", "npm run --silent lint", "npm run --silent proto:check"],
  ],
]);

const pages = await Promise.all(
  (await markdownPages()).map(async (page) => ({ page, steps: stepsOf(await blocksOf(page)) })),
);
const tours = pages.filter(({ steps }) => steps.length > 0);

let dataDir: string;
let service: Service;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "moego-readme-"));
  service = await startService({ DATA_DIR: dataDir });
});

afterAll(async () => {
  await service.stop();
  await rm(dataDir, { recursive: true, force: true });
});

describe("the tours of the documentation", () => {
  it("are found in the README and in the pages that announce one", () => {
    expect(tours.map(({ page }) => page)).toEqual(
      expect.arrayContaining(["README.md", "docs/api-keys.md", "docs/call-center.md"]),
    );
  });

  it.each(tours)(
    "$page prints below each command what the server returns",
    async ({ page, steps }) => {
      const outputs = await runSteps(page, steps);
      expect(outputs).toHaveLength(steps.length);
      for (const [position, { command, printed }] of steps.entries()) {
        if (printed === undefined) continue;
        expect(JSON.parse(outputs[position] ?? ""), command).toEqual(atLeast(JSON.parse(printed)));
      }
    },
    120_000,
  );

  it.each(["README.md", "docs/call-center.md"])("%s compares at least four responses", (page) => {
    const steps = tours.find((tour) => tour.page === page)?.steps ?? [];
    expect(steps.filter(({ printed }) => printed !== undefined).length).toBeGreaterThanOrEqual(4);
  });

  it("leave no command out but those that the CI script runs", async () => {
    const script = await readFile(".ci/run", "utf8");
    for (const parts of runByCi.values()) for (const part of parts) expect(script).toContain(part);
  });
});

describe("docs/configuration.md", () => {
  it("names every variable of the configuration and no other", async () => {
    const rows = (await readFile("docs/configuration.md", "utf8")).split("\n").filter((line) => line.startsWith("| `"));
    const named = rows.flatMap((row) =>
      [...(row.split("|")[1] ?? "").matchAll(/`([A-Z_0-9]+)`/g)].map(([, name]) => name),
    );
    expect(named.toSorted()).toEqual(Object.keys(environmentSchema.shape).toSorted());
  });
});

describe("the lines that a start prints", () => {
  it("work as they stand when pasted in the folder of the repository", async () => {
    const answers = await pasteFirstCalls(service, { HOME: dataDir, DATA_DIR: dataDir });
    for (const answer of answers) expect(answer.customers).toHaveLength(2);
  });
});

async function blocksOf(page: string): Promise<readonly Block[]> {
  const text = await readFile(page, "utf8");
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, block]) => ({
    language: language ?? "",
    text: (block ?? "").trim(),
  }));
}

function stepsOf(blocks: readonly Block[]): readonly Step[] {
  return blocks.flatMap((block, position) => {
    const next = blocks[position + 1];
    if (block.language !== "sh" || runByCi.has(block.text)) return [];
    return [{ command: block.text, ...(next?.language === "json" ? { printed: next.text } : {}) }];
  });
}

/** For all pages but the README: what npx finds here, without the second that npx takes to find it. */
const quickNpx = `npx() {
  local name=$1
  shift
  if [[ $name == moego ]]; then node bin/moego.js "$@"; else "node_modules/.bin/$name" "$@"; fi
}
`;

/**
 * Runs the commands of one page in one shell, in their order, on the ports of this server. Each page has a shell of its
 * own, so that a reader can begin with any of them.
 */
async function runSteps(page: string, steps: readonly Step[]): Promise<readonly string[]> {
  const port = new URL(service.httpUrl).port;
  const script = steps
    .map(({ command }) => command.replaceAll(":8080", `:${port}`).replaceAll(":50051", `:${service.grpcPort}`))
    .join("\nprintf '\\f'\n");
  // A home of its own, because npx remembers where it found a command the first time.
  const env = { PATH: process.env["PATH"] ?? "", HOME: dataDir, DATA_DIR: dataDir };
  const start = page === "README.md" ? "" : quickNpx;
  const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", start + script], { env });
  return stdout.split("\f");
}

/** A response may say more than the page prints. Generated ids and cursors differ from run to run. */
function atLeast(printed: unknown): unknown {
  if (typeof printed === "string" && /^(cus_0|EQ)[A-Za-z0-9_-]{15,}$/.test(printed)) return expect.any(String);
  if (Array.isArray(printed)) return printed.map(atLeast);
  if (typeof printed !== "object" || printed === null) return printed;
  return expect.objectContaining(
    Object.fromEntries(Object.entries(printed).map(([key, value]) => [key, atLeast(value)])),
  );
}
