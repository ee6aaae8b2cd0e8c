import { notFoundError } from "../../core/errors.js";
import type { WriteContext } from "../../core/write.js";
import type { Database } from "../../db/database.js";
import { once } from "../../db/once.js";
import { Prisma } from "../../gen/prisma/client.js";
import { type ApiKeyRow, apiKeyColumns, organizationColumns, toApiKey } from "./api-key.columns.js";
import type { ApiKey, KeyEdit, KeyRules, NewApiKey } from "./api-key.model.js";

/** API keys belong to no company, and neither do the idempotency claims of requests that create or change them. */
const companyId = null;

/** Stores a key with its first secret. A replay returns the key that the first request created. */
export function insertKey(
  database: Database,
  { key, admit }: { readonly key: NewApiKey; readonly admit: boolean },
  write: WriteContext,
): Promise<ApiKey | undefined> {
  const { id, name, staffId, expiredTime, organizations, hash, hint } = key;
  return once(database, write, {
    lock: async () => {},
    async work({ tx, now, record }) {
      if (!admit) return { refusal: undefined };
      const recorded = await record({ companyId, kind: "api_key", ids: [id] });
      const lists = { scopes: [...key.scopes], allowedAddresses: [...key.allowedAddresses] };
      const ends = { staffId: staffId ?? null, expiredTime: expiredTime ?? null };
      await tx.apiKey.create({ data: { id, name, ...lists, ...ends, createdTime: now, updatedTime: now } });
      await tx.apiKeySecret.create({ data: { hash: new Uint8Array(hash), keyId: id, hint, createdTime: now } });
      const data = organizations.map((organization) => ({ keyId: id, ...organizationColumns(organization) }));
      await tx.apiKeyOrganization.createMany({ data, skipDuplicates: true });
      await recordKeyChange(tx, write, { keyId: id, kind: "CREATED", time: now });
      return recorded;
    },
    response: ({ tx, ids: [storedId = id] }) => readKey(tx, storedId),
  });
}

/** Changes a key in one transaction: lock, access check, replay, edit, audit log, claim. */
export function changeKey(
  database: Database,
  { id, rules }: { readonly id: string; readonly rules: KeyRules },
  write: WriteContext,
): Promise<ApiKey> {
  return once(database, write, {
    async lock(tx) {
      const rows = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM api_key WHERE id = ${id} FOR NO KEY UPDATE`;
      if (rows.length === 0) throw notFoundError("ApiKey", id);
      const key = await readKey(tx, id);
      rules.admit(key);
      return key;
    },
    async work({ tx, locked: key, now, record }) {
      const edit = rules.decide(key, now);
      if (edit) await applyEdit(tx, { key, edit, now }, write);
      return record({ companyId, kind: "api_key", ids: [id] });
    },
    response: ({ tx }) => readKey(tx, id),
  });
}

interface Edit {
  readonly key: ApiKey;
  readonly edit: KeyEdit;
  readonly now: Date;
}

async function applyEdit(tx: Prisma.TransactionClient, { key, edit, now }: Edit, write: WriteContext): Promise<void> {
  // If the clock is set back, the newest secret must not look like an older one.
  const time = new Date(Math.max(now.getTime(), key.updatedTime.getTime() + 1));
  const keyId = key.id;
  switch (edit.kind) {
    case "rotate": {
      const { secret, overlapMs } = edit;
      await tx.apiKeySecret.deleteMany({ where: { keyId, expiredTime: { lte: now } } });
      // Secrets of earlier rotations expire immediately, the previous one after the overlap.
      await tx.apiKeySecret.updateMany({ where: { keyId, expiredTime: { gt: now } }, data: { expiredTime: now } });
      const end = new Date(now.getTime() + overlapMs);
      await tx.apiKeySecret.updateMany({ where: { keyId, expiredTime: null }, data: { expiredTime: end } });
      await tx.apiKeySecret.create({
        data: { hash: new Uint8Array(secret.hash), keyId, hint: secret.hint, createdTime: time },
      });
      await tx.apiKey.update({ where: { id: keyId }, data: { updatedTime: time } });
      return recordKeyChange(tx, write, { keyId, kind: "ROTATED", time: now });
    }
    case "revoke":
      await tx.apiKey.update({ where: { id: keyId }, data: { revokedTime: now, updatedTime: time } });
      return recordKeyChange(tx, write, { keyId, kind: "REVOKED", time: now });
    default:
      return edit satisfies never;
  }
}

async function readKey(tx: Prisma.TransactionClient, id: string): Promise<ApiKey> {
  const rows = await tx.$queryRaw<ApiKeyRow[]>`
    SELECT ${Prisma.raw(apiKeyColumns)} FROM api_key k WHERE k.id = ${id}`;
  const [row] = rows;
  if (!row) throw notFoundError("ApiKey", id);
  return toApiKey(row);
}

interface KeyChanged {
  readonly keyId: string;
  readonly kind: "CREATED" | "ROTATED" | "REVOKED";
  readonly time: Date;
}

/** Appends to the audit log of API keys. */
async function recordKeyChange(
  tx: Prisma.TransactionClient,
  { rpc, keyId: byKeyId, staff, ip, requestId }: WriteContext,
  { keyId, kind, time: changedTime }: KeyChanged,
): Promise<void> {
  await tx.apiKeyChange.create({
    data: { keyId, kind, rpc, byKeyId, staffId: staff?.id ?? "", ip, requestId, changedTime },
  });
}
