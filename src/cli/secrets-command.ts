import { OperatorError } from "../core/operator-error.js";
import { serviceSecrets } from "../database-server.js";
import type { Resealed } from "../db/reseal.js";
import { openCompanySecretCipher, openFlowRunCipher, openSecretCipher } from "../repositories.js";
import { rotateCompanySecrets } from "../resources/cards/company-secret-rotation.repository.js";
import { rotateSecrets } from "../resources/external-apis/secret-rotation.repository.js";
import { rotateFlowRuns } from "../resources/ivr-flows/flow-run-rotation.repository.js";
import { type Command, counted } from "./command.js";
import type * as declared from "./declarations/secrets.js";
import { withDatabase } from "./session.js";

/**
 * `moego secrets rotate`: re-encrypts the stored secrets of external APIs, the keys of companies and the responses
 * of flow runs with the current SECRET_KEY.
 */
export const rotate: Command<typeof declared.rotateSecrets> = async (_, context) => {
  const { out, err } = context.terminal;
  const report = (noun: string, { resealed, current }: Resealed) =>
    out(`Re-encrypted ${counted(resealed, noun)}; ${current} already used the current key.`);
  const [secrets, keys, runs] = await withDatabase(context, "moego secrets rotate", async ({ database, write }) => {
    const current = await serviceSecrets(context.config);
    const ofApis = await rotateSecrets(database, openSecretCipher(current), write);
    report("secret", ofApis);
    const ofCompanies = await rotateCompanySecrets(database, openCompanySecretCipher(current), write);
    report("company key", ofCompanies);
    const ofRuns = await rotateFlowRuns(database, openFlowRunCipher(current), write);
    report("flow run", ofRuns);
    return [ofApis.unopened, ofCompanies.unopened, ofRuns.unopened];
  });
  if (secrets.length > 0) {
    err(
      "These secrets cannot be decrypted with any key in SECRET_KEY_PREVIOUS. Add the missing key or set the header secret again:",
    );
    for (const place of secrets) err(`  ${place.join("/")}`);
  }
  if (keys.length > 0) {
    err(
      "These keys of companies cannot be decrypted with any key in SECRET_KEY_PREVIOUS. Add the missing key. Stripe keys can be set again. A key of opt-outs (opt_out/hash_key) cannot be replaced: without it, customers and leads of the company cannot be stored:",
    );
    for (const place of keys) err(`  ${place.join("/")}`);
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
    ...(keys.length > 0 ? [counted(keys.length, "company key")] : []),
    ...(runs.length > 0 ? [counted(runs.length, "flow run")] : []),
  ];
  if (failed.length > 0)
    throw new OperatorError(`${failed.join(" and ")} could not be re-encrypted.`, { exit: "incomplete" });
};
