// Imported by bin/moego.js, the file of the command.
import { runCommand } from "./run-command.js";

// Sets the exit code instead of exiting, so that both streams are flushed.
process.exitCode = await runCommand(process.argv.slice(2), {
  environment: process.env,
  terminal: {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    status: process.stderr.isTTY ? (text) => void process.stderr.write(`\r\x1b[K${text}`) : undefined,
  },
});
