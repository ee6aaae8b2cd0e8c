import { readConfig } from "./config/config.js";
import { exitCodes } from "./core/exit-codes.js";
import { knownFailure } from "./known-failure.js";

/** Starts the server: `node dist/bundle/main.js`, the same as `moego serve`. */
try {
  const config = readConfig(process.env);
  const { serve } = await import("./serve.js");
  await serve(config);
  // Exits even if a timer is still active.
  process.exit(0);
} catch (error) {
  const known = knownFailure(error);
  const stack = error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${known?.message ?? stack}\n`);
  process.exit(exitCodes[known?.exit ?? "internal"]);
}
