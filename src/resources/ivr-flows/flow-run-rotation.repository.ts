import type { WriteContext } from "../../core/write.js";
import type { Database } from "../../db/database.js";
import { type Resealed, reseal } from "../../db/reseal.js";
import type { SecretCipher } from "../../db/secret-cipher.js";
import { statement } from "../../db/statement.js";

/** Re-encrypts the responses of flow runs. The places are company, API key and idempotency key. */
export async function rotateFlowRuns(database: Database, cipher: SecretCipher, write: WriteContext): Promise<Resealed> {
  const column = { cipher, after: runsAfter, replace: replaceResponse };
  return reseal(database, { ...column, contextOf: (place) => place }, write);
}

/** Of all companies, because the encryption key belongs to the deployment. */
const runsAfter = statement(
  "flow_run_rotation.after",
  `SELECT ARRAY[company_id, key_id, key]::text[] AS place, response AS sealed FROM flow_run
   WHERE (company_id, key_id, key) > ($1::text, $2::text, $3::text) AND response IS NOT NULL
     AND expired_time > clock_timestamp()
   ORDER BY company_id, key_id, key LIMIT $4`,
);

/** An erasure removes the response, and a run that takes the place of an expired one has another response. */
const replaceResponse = statement(
  "flow_run_rotation.replace",
  `UPDATE flow_run r SET response = n.sealed
   FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::bytea[])
     AS n (company_id, key_id, key, old, sealed)
   WHERE r.company_id = n.company_id AND r.key_id = n.key_id AND r.key = n.key AND r.response = n.old
   RETURNING r.key`,
);
