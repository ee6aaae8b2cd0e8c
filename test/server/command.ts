import { runCommand } from "../../src/cli/run-command.js";
import type { Ended, Environment } from "./service.js";

/**
 * What `moego` in service.ts does, in this process: a Node of its own for each call takes longer than all that the
 * command does.
 */
export async function moegoHere(words: readonly string[], environment: Environment): Promise<Ended> {
  const written = { stdout: "", stderr: "" };
  const terminal = {
    out: (line: string) => {
      written.stdout += `${line}\n`;
    },
    err: (line: string) => {
      written.stderr += `${line}\n`;
    },
  };
  const code = await runCommand(words, { environment, terminal });
  return { code, ...written };
}
