import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { services } from "../../src/services.js";
import { keys } from "../support/fixture-keys.js";
import { startServer } from "../support/server.js";

const run = promisify(execFile);
const server = await startServer();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "moego-client-"));
  await run("npm", ["run", "--silent", "build:client"]);
});
afterAll(() => Promise.all([server.stop(), rm(folder, { recursive: true })]));

it("packs the code, its types and its README, and nothing else", async () => {
  const { stdout } = await run("npm", ["pack", "--dry-run", "--json", "--workspace", "client"]);
  const files = [...stdout.matchAll(/"path": "([^"]+)"/g)].map(([, path = ""]) => path);
  expect(files).toEqual(expect.arrayContaining(["README.md", "dist/node.js", "dist/node.d.ts", "dist/browser.js"]));
  const others = files.filter((path) => !/^dist\/.+\.(js|d\.ts)$/.test(path));
  expect(others.toSorted()).toEqual(["README.md", "package.json"]);
});

it("has a client for every service", async () => {
  const moego = await readFile("client/src/moego.ts", "utf8");
  const named = [...moego.matchAll(/^ {4}(\w+): createClient\((\w+), typed\),$/gm)].map(([, , service]) => service);
  expect(named.toSorted()).toEqual(services.map(({ name }) => name).toSorted());
});

it("does in Node.js what its README shows", async () => {
  const readme = await readFile("client/README.md", "utf8");
  const blocks = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, block = ""]) => block);
  const imports = blocks.flatMap((block) => block.match(/^import .*$/gm) ?? []);
  const statements = blocks.map((block) => `{\n${block.replaceAll(/^import .*$/gm, "")}\n}`);
  // One client serves all blocks, and the one that follows a list ends after its first entries.
  const [first = "", ...others] = statements;
  const script = [
    ...imports,
    "const copy = new Map();",
    first.trim().slice(1, -1),
    ...others.map((block) =>
      block.replace(/\n(\s*)else copy\.set\(.*\);/, (line) => `${line}\n  if (copy.size > 1) break;`),
    ),
    'console.log("end", copy.size);',
  ].join("\n");
  const file = join("client", `readme-${process.pid}.mjs`);
  await writeFile(
    file,
    script
      .replaceAll("http://127.0.0.1:8080", server.app.httpUrl)
      .replaceAll("cmp_001", "cmp_a")
      .replaceAll("biz_001", "biz_a1"),
  );
  try {
    const { stdout, stderr } = await run(process.execPath, [file], { env: { ...process.env, KEY: keys.a.secret } });
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^cus_\w+ \+12125551234$/m);
    expect(stdout).toMatch(/^last_name REQUIRED$/m);
    expect(stdout).toMatch(/^end 2$/m);
  } finally {
    await rm(file);
  }
});
