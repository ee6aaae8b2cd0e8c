import { notFoundError } from "../../core/errors.js";
import type { WriteContext } from "../../core/write.js";
import type { LimitedDatabase } from "../../db/company-records.js";
import type { Database } from "../../db/database.js";
import { once } from "../../db/idempotent-write.js";
import { statement } from "../../db/statement.js";
import { Prisma } from "../../gen/prisma/client.js";
import { type ApiKeyRow, apiKeyColumns, organizationColumns, organizationJson, toApiKey } from "./api-key.columns.js";
import {
  type ApiKey,
  type ApiKeyRepository,
  type KeyEdit,
  type KeyRules,
  type NewApiKey,
  organizationTypes,
} from "./api-key.model.js";
import { assertKeyRoom } from "./api-key-limit.repository.js";

/** Administration of API keys in the database. */
export function createApiKeyRepository(limited: LimitedDatabase): ApiKeyRepository {
  const { database } = limited;
  return {
    insert: (key, admission, write) => insertKey(limited, { key, ...admission }, write),
    change: (id, rules, write) => changeKey(database, { id, rules }, write),
    async get(id, signal) {
      const [row] = await database.read<ApiKeyRow>(getKey, [id], signal);
      return row && toApiKey(row);
    },
    async list({ accessFilter, showRevoked, page }, signal) {
      const values = [
        ...[showRevoked, page.after?.time ?? null, page.after?.id ?? null, page.size + 1, page.offset],
        ...(accessFilter === "all" ? [] : [accessFilter.grants, accessFilter.enterpriseIds]),
      ];
      const rows = await database.read<ApiKeyRow>(accessFilter === "all" ? listAll : listVisible, values, signal);
      return rows.map(toApiKey);
    },
    async existing(organizations, signal) {
      if (organizations.length === 0) return [];
      const values = [organizationJson(organizations)];
      const rows = await database.read<{ found: boolean }>(findOrganizations, values, signal);
      return rows.map((row) => row.found);
    },
    async hasStaff(staffId, organizations, signal) {
      const values = [staffId, organizationJson(organizations)];
      const [row] = await database.read<{ found: boolean }>(findStaff, values, signal);
      return row?.found ?? false;
    },
  };
}

const organizationRecord = "(type smallint, organization_id text, company_id text)";

const business = organizationTypes.numberOf("BUSINESS");
const company = organizationTypes.numberOf("COMPANY");

const getKey = statement("api_keys.get", `SELECT ${apiKeyColumns} FROM api_key k WHERE k.id = $1`);

const findOrganizations = statement(
  "api_keys.organizations",
  `SELECT CASE x.type
       WHEN ${business} THEN EXISTS (SELECT 1 FROM business b WHERE b.company_id = x.company_id AND b.id = x.organization_id)
       WHEN ${company} THEN EXISTS (SELECT 1 FROM company c WHERE c.id = x.organization_id)
       ELSE EXISTS (SELECT 1 FROM company c WHERE c.enterprise_id = x.organization_id)
     END AS found
   FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS ${organizationRecord})
     WITH ORDINALITY AS x(type, organization_id, company_id, position)
   ORDER BY x.position`,
);

const findStaff = statement(
  "api_keys.staff",
  `SELECT EXISTS (
     SELECT 1 FROM jsonb_to_recordset($2::jsonb) AS x${organizationRecord}
     JOIN company c ON CASE x.type
       WHEN ${business} THEN c.id = x.company_id WHEN ${company} THEN c.id = x.organization_id ELSE c.enterprise_id = x.organization_id END
     JOIN staff s ON s.company_id = c.id AND s.id = $1 AND s.archived_time IS NULL
   ) AS found`,
);

const order = "k.created_time DESC, k.id DESC";

/** Newest first. The page is selected before the children of its rows are read. */
function listOf(name: string, visible: string) {
  return statement(
    name,
    `WITH k AS MATERIALIZED (
       SELECT * FROM api_key k
       WHERE ($1::boolean OR (k.revoked_time IS NULL AND (k.expired_time IS NULL OR k.expired_time > clock_timestamp())))
         AND ($2::timestamptz IS NULL OR (k.created_time, k.id) < ($2, $3::text)) AND ${visible}
       ORDER BY ${order} LIMIT $4 OFFSET $5)
     SELECT ${apiKeyColumns} FROM k ORDER BY ${order}`,
  );
}

const listAll = listOf("api_keys.list_all", "true");

/** Whether the principal has access to the organization `o`. `$6` is its grants, `$7` its enterprises. */
const covered = `CASE o.type
  WHEN ${business} THEN o.company_id = ANY($6::text[]) OR o.company_id || '/' || o.organization_id = ANY($6::text[])
  WHEN ${company} THEN o.organization_id = ANY($6::text[])
  ELSE o.organization_id = ANY($7::text[]) END`;

/**
 * The keys that have an organization of the principal, found by it, and no others. Keys of a location are found by its
 * company, with which a grant starts.
 */
const listVisible = listOf(
  "api_keys.list_visible",
  `k.id IN (
     SELECT o.key_id FROM api_key_organization o WHERE o.organization_id = ANY($6::text[] || $7::text[])
     UNION SELECT o.key_id FROM unnest($6::text[]) AS g (granted)
       JOIN api_key_organization o ON o.company_id = split_part(g.granted, '/', 1))
   AND NOT EXISTS (SELECT 1 FROM api_key_organization o WHERE o.key_id = k.id AND NOT (${covered}))`,
);

/** API keys belong to no company, and neither do the idempotency claims of requests that create or change them. */
const companyId = null;

/** Stores a key with its first secret. A replay returns the key that the first request created. */
function insertKey(
  { database, limits }: LimitedDatabase,
  { key, admit }: { readonly key: NewApiKey; readonly admit: boolean },
  write: WriteContext,
): Promise<ApiKey | undefined> {
  const { id, name, staffId, expiredTime, organizations, hash, hint } = key;
  return once(database, write, {
    lock: async () => {},
    async work({ tx, now, record }) {
      if (!admit) return { refusal: undefined };
      const recorded = await record({ companyId, kind: "api_key", ids: [id] });
      await assertKeyRoom(tx, organizations, limits.ofCompany.MAX_API_KEYS);
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
function changeKey(
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
