import type { WriteContext } from "../core/write.js";
import type { Database } from "./database.js";
import { DecryptionError, type SealContext, type SecretCipher } from "./secret-cipher.js";
import type { Statement } from "./statement.js";

/** A column with encrypted values, in a table whose primary key is three texts that start with the company. */
export interface SealedColumn {
  readonly cipher: SecretCipher;
  /** Selects `place` and `sealed` of the rows after the key `$1, $2, $3`, in its order, at most `$4` of them. */
  readonly after: Statement;
  /**
   * Writes `$5` to the rows with the keys `$1, $2, $3` (arrays) that still have `$4`, and returns one row for each that
   * was written.
   */
  readonly replace: Statement;
  contextOf(place: Place): SealContext;
}

/** The primary key of a row. */
export type Place = readonly [companyId: string, ownerId: string, name: string];

export interface Resealed {
  /** Number of values that were re-encrypted with the current key. */
  readonly resealed: number;
  /** Number of values that already used the current key. */
  readonly current: number;
  /** Rows with a value that no known key can decrypt. They are unchanged. */
  readonly unopened: readonly Place[];
}

/**
 * Re-encrypts all values that use a previous key, in batches while the server runs. A value that changes in the
 * meantime is skipped, because it is already encrypted with the current key. Can be repeated.
 */
export async function reseal(database: Database, column: SealedColumn, write: WriteContext): Promise<Resealed> {
  let [resealed, current] = [0, 0];
  const unopened: Place[] = [];
  let after: Place = ["", "", ""];
  for (;;) {
    const rows = await database.read<SealedRow>(column.after, [...after, batchSize], write.signal);
    const last = rows.at(-1);
    if (!last) return { resealed, current, unopened };
    after = last.place;
    const stale = rows.filter(({ sealed }) => column.cipher.isStale(sealed));
    current += rows.length - stale.length;
    const changes = stale.flatMap((row) => {
      const sealed = sealAgain(column, row);
      if (!sealed) unopened.push(row.place);
      return sealed ? [{ ...row, old: row.sealed, sealed }] : [];
    });
    const values = [
      ...[changes.map(({ place }) => place[0]), changes.map(({ place }) => place[1])],
      ...[changes.map(({ place }) => place[2]), changes.map(({ old }) => old)],
      changes.map(({ sealed }) => Buffer.from(sealed)),
    ];
    if (changes.length > 0) resealed += (await database.write(column.replace, values, write)).length;
  }
}

interface SealedRow {
  readonly place: Place;
  readonly sealed: Buffer;
}

const batchSize = 100;

function sealAgain({ cipher, contextOf }: SealedColumn, { place, sealed }: SealedRow): Uint8Array | undefined {
  const context = contextOf(place);
  try {
    return cipher.seal(cipher.open(sealed, context), context);
  } catch (error) {
    if (error instanceof DecryptionError) return undefined;
    throw error;
  }
}
