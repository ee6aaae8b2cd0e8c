import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

/** A checkout that is not built, and beside it the home directory in which npx keeps what it remembers. */
let folder: string;
let checkout: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "moego-launcher-"));
  checkout = join(folder, "checkout");
  await mkdir(join(folder, "home"));
  const { name, version, type, bin } = JSON.parse(await readFile("package.json", "utf8"));
  await mkdir(checkout);
  await writeFile(join(checkout, "package.json"), JSON.stringify({ name, version, type, bin }));
  await cp("bin", join(checkout, "bin"), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Stands for the build: prints its arguments and exits with 64. */
async function build(): Promise<void> {
  await mkdir(join(checkout, "dist/bundle"), { recursive: true });
  await writeFile(
    join(checkout, "dist/bundle/moego.js"),
    "process.stdout.write(process.argv.slice(2).join());\nprocess.exitCode = 64;\n",
  );
}

function npxMoego(...words: readonly string[]) {
  const npm = { npm_config_offline: "true", npm_config_update_notifier: "false" };
  const env = { PATH: process.env["PATH"] ?? "", HOME: join(folder, "home"), ...npm };
  const { status, stdout, stderr } = spawnSync("npx", ["moego", ...words], {
    ...{ cwd: checkout, env, encoding: "utf8", timeout: 60_000 },
  });
  return { status, stdout, stderr };
}

describe("npx moego", () => {
  it("says in one sentence what to run before the first build, and works after it", async () => {
    const notBuilt = "moego has not been built yet: run `npm run build` first.\n";
    expect(npxMoego("help")).toEqual({ status: 1, stdout: "", stderr: notBuilt });
    expect(npxMoego("help")).toEqual({ status: 1, stdout: "", stderr: notBuilt });
    await build();
    expect(npxMoego("keys", "list")).toEqual({ status: 64, stdout: "keys,list", stderr: "" });
  }, 120_000);
});

describe("the moego command", () => {
  it("ends without an error if the reader of its output has enough", () => {
    const { status, stderr } = spawnSync("bash", ["-o", "pipefail", "-c", "node bin/moego.js help | true"], {
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });
});
