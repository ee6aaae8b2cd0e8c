import { parseArgs } from "node:util";
import { serviceSecrets } from "../database-server.js";
import { openSecretCipher } from "../repositories.js";
import { rotateSecrets } from "../resources/external-apis/secret-rotation.repository.js";
import { type Command, counted } from "./command.js";
import { withDatabase } from "./session.js";

/** `moego secrets rotate`: re-encrypts the stored secrets of external APIs with the current SECRET_KEY. */
export const rotate: Command = async (words, context) => {
  parseArgs({ args: [...words], options: {} });
  const { resealed, current, unopened } = await withDatabase(context, "moego secrets rotate", async (session) =>
    rotateSecrets(session.database, openSecretCipher(await serviceSecrets(context.config)), session.write),
  );
  const { out, err } = context.terminal;
  out(`Re-encrypted ${counted(resealed, "secret")}; ${current} already used the current key.`);
  if (unopened.length === 0) return;
  err(
    "These secrets cannot be decrypted with any key in SECRET_KEY_PREVIOUS. Add the missing key or set the header secret again:",
  );
  for (const place of unopened) err(`  ${place}`);
  throw new Error(`${counted(unopened.length, "secret")} could not be re-encrypted.`);
};
