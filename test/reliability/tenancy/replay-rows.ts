import { keyOfBoth, locationKey } from "./location-key.js";
import { tenant } from "./neighbour.js";
import { petsOfOwners } from "./planted.js";
import { keyOfTenantsCalls } from "./world.js";

const keys = [locationKey, keyOfBoth].map(({ id }) => `'${id}'`).join(", ");

/** As if keys that have no access to the owners had created their pets, before the owners moved. */
export const replayRows: readonly string[] = petsOfOwners.flatMap(({ key, id, owner, of }) => [
  `INSERT INTO pet (company_id, id, ${owner}, name, type, created_time, last_updated_time)
   VALUES ('${tenant}', '${id}', '${of}', 'Rex', 2, '2024-05-01T10:00:00Z', '2024-05-01T10:00:00Z')`,
  `INSERT INTO idempotency (key_id, rpc, key, fingerprint, company_id, kind, resource_ids, expired_time)
   SELECT replaying, rpc, '${key}', fingerprint, company_id, kind, ARRAY['${id}'], expired_time
   FROM idempotency, unnest(ARRAY[${keys}]) replaying
   WHERE key_id = 'key_a' AND key = '${keyOfTenantsCalls}' AND rpc LIKE '%/CreatePet'`,
]);
