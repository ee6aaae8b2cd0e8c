import { parseArgs } from "node:util";
import { serviceSecrets } from "../database-server.js";
import { openFlowRunCipher, openSecretCipher } from "../repositories.js";
import type { Resealed } from "../resources/external-apis/reseal.repository.js";
import { rotateSecrets } from "../resources/external-apis/secret-rotation.repository.js";
import { rotateFlowRuns } from "../resources/ivr-flows/flow-run-rotation.repository.js";
import { type Command, counted } from "./command.js";
import { withDatabase } from "./session.js";

/**
 * `moego secrets rotate`: re-encrypts the stored secrets of external APIs and the responses of flow runs with the
 * current SECRET_KEY.
 */
export const rotate: Command = async (words, context) => {
  parseArgs({ args: [...words], options: {} });
  const { out, err } = context.terminal;
  const report = (noun: string, { resealed, current }: Resealed) =>
    out(`Re-encrypted ${counted(resealed, noun)}; ${current} already used the current key.`);
  const [secrets, runs] = await withDatabase(context, "moego secrets rotate", async ({ database, write }) => {
    const keys = await serviceSecrets(context.config);
    const ofApis = await rotateSecrets(database, openSecretCipher(keys), write);
    report("secret", ofApis);
    const ofRuns = await rotateFlowRuns(database, openFlowRunCipher(keys), write);
    report("flow run", ofRuns);
    return [ofApis.unopened, ofRuns.unopened];
  });
  if (secrets.length > 0) {
    err(
      "These secrets cannot be decrypted with any key in SECRET_KEY_PREVIOUS. Add the missing key or set the header secret again:",
    );
    for (const place of secrets) err(`  ${place.join("/")}`);
  }
  if (runs.length > 0) {
    err(
      "Flow runs cannot be decrypted with any key in SECRET_KEY_PREVIOUS. Add the missing key. Without it, duplicates of these runs fail until the runs expire, within 24 hours:",
    );
    // Without the idempotency key, which can name the call.
    for (const place of new Set(runs.map(([companyId, keyId]) => `${companyId}/${keyId}`))) err(`  ${place}`);
  }
  const failed = [
    ...(secrets.length > 0 ? [counted(secrets.length, "secret")] : []),
    ...(runs.length > 0 ? [counted(runs.length, "flow run")] : []),
  ];
  if (failed.length > 0) throw new Error(`${failed.join(" and ")} could not be re-encrypted.`);
};
