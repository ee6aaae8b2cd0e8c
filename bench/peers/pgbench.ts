import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { companyId } from "../rows.js";

const run = promisify(execFile);

/** Measures GetCustomer's statement without any server in between. */
export interface Pgbench {
  /** Calls per second, with 32 in flight. */
  measure(seconds: number): Promise<number>;
}

interface Setting {
  readonly dataDir: string;
  readonly databaseUrl: string;
  /** File of the recorded statements. */
  readonly statements: string;
  readonly rows: number;
}

/** Undefined if pgbench is not installed. */
export async function openPgbench({ dataDir, databaseUrl, statements, rows }: Setting): Promise<Pgbench | undefined> {
  const installed = await run("pgbench", ["--version"]).catch(() => undefined);
  if (!installed) return undefined;
  const { get }: { readonly get: { readonly text: string } } = JSON.parse(await readFile(statements, "utf8"));
  const companies = `'{${companyId}}'::text[]`;
  // pgbench binds the number; the other values do not change between calls.
  const text = get.text.replaceAll(/\$[12](?!\d)/g, companies).replaceAll("$3", "('cus_bench_' || :n)");
  const script = join(dataDir, "pgbench.sql");
  await writeFile(script, `\\set n random(1, ${rows})\n${text.replaceAll(/\s+/g, " ")};\n`);
  return {
    async measure(seconds) {
      const { stdout } = await run("pgbench", [
        ...["--no-vacuum", "--protocol=prepared", "--client=32", "--jobs=1", `--time=${seconds}`, `--file=${script}`],
        databaseUrl,
      ]);
      return Number(/tps = ([\d.]+)/.exec(stdout)?.[1]);
    },
  };
}
