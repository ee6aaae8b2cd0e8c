import { parseArgs } from "node:util";
import { serviceSecrets } from "../database-server.js";
import { openSecretCipher } from "../repositories.js";
import { rotateSecrets } from "../resources/external-apis/secret-rotation.repository.js";
import type { Command } from "./command.js";
import { withDatabase } from "./session.js";

/** `moego secrets rotate`: seals the stored secrets of external APIs anew under the present SECRET_KEY. */
export const rotate: Command = async (words, context) => {
  parseArgs({ args: [...words], options: {} });
  const { resealed, current, unopened } = await withDatabase(context, "moego secrets rotate", async (session) =>
    rotateSecrets(session.database, openSecretCipher(await serviceSecrets(context.config)), session.write),
  );
  const { out, err } = context.terminal;
  out(`${resealed} sealed anew, ${current} were under the present key.`);
  if (unopened.length === 0) return;
  err("No key of SECRET_KEY_PREVIOUS opens these. Give the key, or set the secret of the header again:");
  for (const place of unopened) err(`  ${place}`);
  throw new Error(`${unopened.length} not sealed anew.`);
};
