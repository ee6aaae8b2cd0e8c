// Imported by bin/moego.js, the file of the command.
import { createInterface } from "node:readline/promises";
import { runCommand } from "./run-command.js";

// A reader such as `head` closes the pipe when it has read enough: the rest of the output is not needed.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

// Sets the exit code instead of exiting, so that both streams are flushed.
process.exitCode = await runCommand(process.argv.slice(2), {
  environment: process.env,
  terminal: {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    ask: process.stdin.isTTY && process.stderr.isTTY ? ask : undefined,
    status: process.stderr.isTTY ? (text) => void process.stderr.write(`\r\x1b[K${text}`) : undefined,
  },
});

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}
