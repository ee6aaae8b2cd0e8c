import { createHmac } from "node:crypto";
import { erasedPrefix } from "../../core/ids.js";

/** What may be erased; a pet goes with whom it belongs to. */
export type SubjectKind = "customer" | "lead" | "pet";

/** The id under which ledgers keep the history of a record that is erased now; then those it may have from before. */
export type Pseudonym = (companyId: string, kind: SubjectKind, id: string) => readonly [string, ...string[]];

/**
 * A salted hash in the shape of an id: the same for the same record, so that an erased id is known again, and of no use
 * to anybody without the salt.
 *
 * @param salt at least 32 bytes, as the others
 * @param olderSalts under which records were erased before the secret was changed
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
