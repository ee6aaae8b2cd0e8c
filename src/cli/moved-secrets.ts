import type { Config } from "../config/config.js";
import { OperatorError } from "../core/operator-error.js";
import { serviceSecrets } from "../database-server.js";
import { readSealed } from "../db/backup/sealed-values.js";
import { openCompanySecretCipher, openFlowRunCipher, openSecretCipher } from "../repositories.js";

/**
 * Asserts that the configuration can decrypt what another database contains.
 *
 * @param from undefined for the embedded database
 * @throws Error with instructions
 */
export async function assertMovableSecrets(config: Config, sourceUrl: string, from: string | undefined): Promise<void> {
  if (config.secretKey === undefined || config.pageTokenSecret === undefined) {
    throw new OperatorError(
      "Set SECRET_KEY and PAGE_TOKEN_SECRET to the values of the server of the other database. `moego secrets export " +
        "FILE` writes them to a file.",
      { exit: "configuration" },
    );
  }
  const secrets = await serviceSecrets(config);
  const sealed = await readSealed(sourceUrl);
  const ciphers = {
    ...{ external_api_secret: openSecretCipher(secrets), company_secret: openCompanySecretCipher(secrets) },
    flow_run: openFlowRunCipher(secrets),
  };
  const found = sealed.map(({ table, head }) => ciphers[table].hasKeyOf(head));
  if (found.includes(false)) throw new OperatorError(wrongKey, { exit: "configuration" });
  if (found.length > 0 || from !== undefined) return;
  // Nothing is encrypted yet. Erased ids may still have to be recognized.
  const generated = await serviceSecrets({ ...config, secretKey: undefined, previousSecretKeys: [] });
  if (![secrets.secretKey, ...(secrets.previousSecretKeys ?? [])].some((key) => key.equals(generated.secretKey)))
    throw new OperatorError(wrongKey, { exit: "configuration" });
}

const wrongKey =
  "SECRET_KEY is not the key of the other database. Without that key, stored secrets cannot be decrypted, and erased ids " +
  "and opt-outs are not recognized. Set SECRET_KEY, or SECRET_KEY_PREVIOUS, to that key. With the embedded database, run " +
  "`moego secrets export FILE` without DATABASE_URL. If the key is lost, add --without-secret-key.";
