import type { WriteContext } from "../../core/write.js";
import { companySecretContext } from "../../db/company-secret.js";
import type { Database } from "../../db/database.js";
import { type Resealed, reseal } from "../../db/reseal.js";
import type { SecretCipher } from "../../db/secret-cipher.js";
import { statement } from "../../db/statement.js";

/**
 * Re-encrypts the secrets of companies: their keys at third-party systems, and the keys of the hashes of their opt-outs.
 * The places are company, system and name.
 */
export async function rotateCompanySecrets(
  database: Database,
  cipher: SecretCipher,
  write: WriteContext,
): Promise<Resealed> {
  const column = { cipher, after: secretsAfter, replace: replaceSealed, contextOf: companySecretContext };
  return reseal(database, column, write);
}

/** Of all companies, because the encryption key belongs to the deployment. */
const secretsAfter = statement(
  "company_secret_rotation.after",
  `SELECT ARRAY[company_id, provider, name]::text[] AS place, sealed FROM company_secret
   WHERE (company_id, provider, name) > ($1::text, $2::text, $3::text)
   ORDER BY company_id, provider, name LIMIT $4`,
);

const replaceSealed = statement(
  "company_secret_rotation.replace",
  `UPDATE company_secret s SET sealed = n.sealed
   FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::bytea[])
     AS n (company_id, provider, name, old, sealed)
   WHERE s.company_id = n.company_id AND s.provider = n.provider AND s.name = n.name AND s.sealed = n.old
   RETURNING s.name`,
);
