import { writeFile } from "node:fs/promises";
import { exitOfFile } from "../core/exit-codes.js";
import { OperatorError } from "../core/operator-error.js";
import { serviceSecrets } from "../database-server.js";
import { createOptOutKeys } from "../db/opt-out-key.js";
import { optOutKeyLine } from "../export/opt-out-key-file.js";
import { openCompanySecretCipher } from "../repositories.js";
import { type Command, type CommandContext, outJson } from "./command.js";
import type * as declared from "./declarations/secrets.js";
import { withDatabase } from "./session.js";

/**
 * `moego secrets export FILE`: the secrets that a backup does not contain, or the one that an export of a company does not
 * contain, as lines for an environment file. They are never printed, so that they reach no log.
 */
export const exportSecrets: Command<typeof declared.exportSecrets> = async (values, context) => {
  const { FILE: file } = values;
  const lines = values.company === undefined ? await linesOfService(context) : [await lineOf(values.company, context)];
  try {
    await writeFile(file, `${lines.join("\n")}\n`, { mode: 0o600, flag: "wx", flush: true });
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const exit = exitOfFile(cause, "cannotCreate");
    if (code === "EEXIST") throw new OperatorError(`${file} already exists. Choose another name.`, { cause, exit });
    throw new OperatorError(`Cannot write ${file} (${code}).`, { cause, exit });
  }
  if (values.json) return outJson(context.terminal, { file });
  context.terminal.out(`Wrote ${file}.`);
};

async function linesOfService({ config }: CommandContext): Promise<readonly string[]> {
  const { secretKey, previousSecretKeys = [], pageTokenSecret } = await serviceSecrets(config);
  return [
    `SECRET_KEY=${secretKey.toString("base64")}`,
    ...(previousSecretKeys.length > 0
      ? [`SECRET_KEY_PREVIOUS=${previousSecretKeys.map((key) => key.toString("base64")).join(",")}`]
      : []),
    `PAGE_TOKEN_SECRET=${pageTokenSecret}`,
  ];
}

/** The key of the hashes of a company's opt-outs. */
async function lineOf(companyId: string, context: CommandContext): Promise<string> {
  const cipher = openCompanySecretCipher(await serviceSecrets(context.config));
  const key = await withDatabase(context, "moego secrets export", ({ database, write }) =>
    createOptOutKeys(database, cipher).load(companyId, write.signal),
  );
  if (key) return optOutKeyLine(key.bytes);
  throw new OperatorError("The company of --company has no key, so an export of it can be loaded without one.");
}
