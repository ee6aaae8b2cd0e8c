import type { WriteContext } from "../../core/write.js";
import type { Database } from "../../db/database.js";
import { type Resealed, reseal } from "../../db/reseal.js";
import type { SecretCipher } from "../../db/secret-cipher.js";
import { statement } from "../../db/statement.js";
import { sealContext } from "./external-api.repository.js";

/** Re-encrypts the secrets of external APIs. The places are company, external API and header. */
export async function rotateSecrets(database: Database, cipher: SecretCipher, write: WriteContext): Promise<Resealed> {
  const contextOf = ([companyId, id, name]: readonly [string, string, string]) => sealContext({ companyId, id }, name);
  return reseal(database, { cipher, contextOf, after: secretsAfter, replace: replaceSealed }, write);
}

/** Of all companies, because the encryption key belongs to the deployment. */
const secretsAfter = statement(
  "secret_rotation.after",
  `SELECT ARRAY[company_id, external_api_id, name]::text[] AS place, sealed FROM external_api_secret
   WHERE (company_id, external_api_id, name) > ($1::text, $2::text, $3::text)
   ORDER BY company_id, external_api_id, name LIMIT $4`,
);

const replaceSealed = statement(
  "secret_rotation.replace",
  `UPDATE external_api_secret s SET sealed = n.sealed
   FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::bytea[])
     AS n (company_id, external_api_id, name, old, sealed)
   WHERE s.company_id = n.company_id AND s.external_api_id = n.external_api_id AND s.name = n.name
     AND s.sealed = n.old
   RETURNING s.name`,
);
