import { createHmac } from "node:crypto";
import { erasedPrefix } from "../../core/ids.js";

/** Kinds of records that can be erased. A pet is erased with its owner. */
export type SubjectKind = "customer" | "lead" | "pet";

/** The pseudonyms of a record: first the one for an erasure now, then those it may have from earlier erasures. */
export type Pseudonym = (companyId: string, kind: SubjectKind, id: string) => readonly [string, ...string[]];

/**
 * A salted hash in the format of an id. It is the same for the same record, so that an erased id is recognized, and
 * useless without the salt.
 *
 * @param salt at least 32 bytes, like the others
 * @param olderSalts salts of erasures before the secret was changed
 */
export function createPseudonym(salt: Uint8Array, ...olderSalts: readonly Uint8Array[]): Pseudonym {
  return (companyId, kind, id) => {
    const under = (key: Uint8Array) => {
      const hash = createHmac("sha256", key).update(`${companyId}/${kind}/${id}`).digest("base64url");
      return erasedPrefix + hash.slice(0, maxIdLength - erasedPrefix.length);
    };
    return [under(salt), ...olderSalts.map(under)];
  };
}

const maxIdLength = 30;
