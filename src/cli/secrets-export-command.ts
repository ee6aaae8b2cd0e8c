import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { serviceSecrets } from "../database-server.js";
import { type Command, onlyFile } from "./command.js";

/**
 * `moego secrets export FILE`: the secrets that a backup does not contain, as lines for an environment file. They are
 * never printed, so that they reach no log.
 */
export const exportSecrets: Command = async (words, { config, terminal }) => {
  const { positionals } = parseArgs({ args: [...words], allowPositionals: true, options: {} });
  const file = onlyFile(positionals, "secrets export");
  const { secretKey, previousSecretKeys = [], pageTokenSecret } = await serviceSecrets(config);
  const lines = [
    `SECRET_KEY=${secretKey.toString("base64")}`,
    ...(previousSecretKeys.length > 0
      ? [`SECRET_KEY_PREVIOUS=${previousSecretKeys.map((key) => key.toString("base64")).join(",")}`]
      : []),
    `PAGE_TOKEN_SECRET=${pageTokenSecret}`,
  ];
  try {
    await writeFile(file, `${lines.join("\n")}\n`, { mode: 0o600, flag: "wx", flush: true });
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    if (code === "EEXIST") throw new Error(`${file} already exists. Choose another name.`, { cause });
    throw new Error(`Cannot write ${file} (${code}).`, { cause });
  }
  terminal.out(`Wrote ${file}.`);
};
