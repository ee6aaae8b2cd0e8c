import { ConfigError, configurationExitCode, readConfig } from "./config/config.js";

/** Starts the server: `node dist/bundle/main.js`, the same as `moego serve`. */
try {
  const config = readConfig(process.env);
  const { serve } = await import("./serve.js");
  await serve(config);
  // Exits even if a timer is still active.
  process.exit(0);
} catch (error) {
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`);
    process.exit(configurationExitCode);
  }
  const { startupErrorMessage: explainStart } = await import("./startup-error-message.js");
  const stack = error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${explainStart(error) ?? stack}\n`);
  process.exit(1);
}
