import { randomBytes } from "node:crypto";
import type { Prisma } from "../gen/prisma/client.js";
import type { LimitedDatabase } from "./company-records.js";
import { companySecretContext } from "./company-secret.js";
import type { HashKey } from "./contact-hash.js";
import type { Database } from "./database.js";
import type { SecretCipher } from "./secret-cipher.js";
import { statement } from "./statement.js";

const provider = "opt_out";
const name = "hash_key";

/**
 * The keys of the hashes of opt-outs: random, one per company, stored encrypted. A rotation of SECRET_KEY encrypts them
 * again and does not change them, so the hashes stay valid.
 */
export interface OptOutKeys {
  /** The key, if this process has used it. It never changes, so it is never read twice. */
  known(companyId: string): HashKey | undefined;
  load(companyId: string, signal: AbortSignal): Promise<HashKey | undefined>;
  find(tx: Prisma.TransactionClient, companyId: string): Promise<HashKey | undefined>;
  /** Creates the key of a company that has none, and then lets no record get a line until the transaction ends. */
  findOrCreate(tx: Prisma.TransactionClient, companyId: string): Promise<HashKey>;
}

/** The database of customers and leads, whose writes respect opt-outs. */
export interface ContactDatabase extends LimitedDatabase {
  readonly optOutKeys: OptOutKeys;
}

interface SealedRow {
  readonly sealed: Uint8Array;
}

export function createOptOutKeys(database: Database, cipher: SecretCipher): OptOutKeys {
  const keys = new Map<string, HashKey>();
  const contextOf = (companyId: string) => companySecretContext([companyId, provider, name]);
  const open = (companyId: string, [row]: readonly SealedRow[]): HashKey | undefined =>
    row && { companyId, bytes: Buffer.from(cipher.open(row.sealed, contextOf(companyId)), "base64") };
  const keep = (key: HashKey | undefined) => {
    if (key) keys.set(key.companyId, key);
    return key;
  };
  const read = async (tx: Prisma.TransactionClient, companyId: string) =>
    open(
      companyId,
      await tx.$queryRaw<SealedRow[]>`
        SELECT sealed FROM company_secret WHERE company_id = ${companyId} AND provider = ${provider} AND name = ${name}`,
    );

  return {
    known: (companyId) => keys.get(companyId),

    async load(companyId, signal) {
      return keep(open(companyId, await database.read<SealedRow>(findKey, [companyId, provider, name], signal)));
    },

    find: async (tx, companyId) => keys.get(companyId) ?? keep(await read(tx, companyId)),

    async findOrCreate(tx, companyId) {
      const found = keys.get(companyId) ?? keep(await read(tx, companyId));
      if (found) return found;
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('first opt-out'), hashtext(${companyId}))`;
      const sealed = cipher.seal(randomBytes(32).toString("base64"), contextOf(companyId));
      await tx.$executeRaw`INSERT INTO company_secret (company_id, provider, name, sealed)
        VALUES (${companyId}, ${provider}, ${name}, ${sealed}) ON CONFLICT DO NOTHING`;
      // Not kept: the transaction may roll back.
      const created = await read(tx, companyId);
      if (!created) throw new Error("the key of the opt-outs was not stored");
      return created;
    },
  };
}

/** The row of a key that another installation has made. */
export function sealedOptOutKey(cipher: SecretCipher, { companyId, bytes }: HashKey) {
  const sealed = cipher.seal(Buffer.from(bytes).toString("base64"), companySecretContext([companyId, provider, name]));
  return { provider, name, sealed };
}

const findKey = statement(
  "opt_out.key",
  "SELECT sealed FROM company_secret WHERE company_id = $1 AND provider = $2 AND name = $3",
);
