import type { WriteContext } from "../../core/write.js";
import type { Database } from "../../db/database.js";
import { statement } from "../../db/statement.js";
import { sealContext } from "./external-api.repository.js";
import { DecryptionError, type SecretCipher } from "./secret-cipher.repository.js";

export interface Rotation {
  /** Number of secrets that were re-encrypted with the current key. */
  readonly resealed: number;
  /** Number of secrets that already used the current key. */
  readonly current: number;
  /** Secrets that no known key can decrypt, as `company/API/header`. They are unchanged. */
  readonly unopened: readonly string[];
}

/**
 * Re-encrypts all secrets that use a previous key, in batches while the server runs. A secret that changes in the
 * meantime is skipped, because it is already encrypted with the current key. Can be repeated.
 */
export async function rotateSecrets(database: Database, cipher: SecretCipher, write: WriteContext): Promise<Rotation> {
  let [resealed, current] = [0, 0];
  const unopened: string[] = [];
  let after: readonly [string, string, string] = ["", "", ""];
  for (;;) {
    const rows = await database.read<SecretRow>(secretsAfter, [...after, batchSize], write.signal);
    const last = rows.at(-1);
    if (!last) return { resealed, current, unopened };
    after = [last.companyId, last.apiId, last.name];
    const stale = rows.filter(({ sealed }) => cipher.isStale(sealed));
    current += rows.length - stale.length;
    const changes = stale.flatMap((row) => {
      const sealed = sealAgain(cipher, row);
      if (!sealed) unopened.push(`${row.companyId}/${row.apiId}/${row.name}`);
      return sealed ? [{ row, sealed }] : [];
    });
    const columns = [
      ...[changes.map(({ row }) => row.companyId), changes.map(({ row }) => row.apiId)],
      ...[changes.map(({ row }) => row.name), changes.map(({ row }) => row.sealed)],
      changes.map(({ sealed }) => Buffer.from(sealed)),
    ];
    if (changes.length > 0) resealed += (await database.write(replaceSealed, columns, write)).length;
  }
}

interface SecretRow {
  readonly companyId: string;
  readonly apiId: string;
  readonly name: string;
  readonly sealed: Buffer;
}

const batchSize = 100;

function sealAgain(cipher: SecretCipher, { companyId, apiId, name, sealed }: SecretRow): Uint8Array | undefined {
  const context = sealContext({ companyId, id: apiId }, name);
  try {
    return cipher.seal(cipher.open(sealed, context), context);
  } catch (error) {
    if (error instanceof DecryptionError) return undefined;
    throw error;
  }
}

/** Of all companies, because the encryption key belongs to the deployment. */
const secretsAfter = statement(
  "secret_rotation.after",
  `SELECT company_id AS "companyId", external_api_id AS "apiId", name, sealed FROM external_api_secret
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
