import type { CompanyResource } from "../../core/company-resource.js";
import { actingStaffId } from "../../core/write.js";
import { updatedTime } from "../../db/audit-log.js";
import { companyRecords, type LimitedDatabase } from "../../db/company-records.js";
import { countedBy } from "../../db/growth.js";
import type { SealContext, SecretCipher } from "../../db/secret-cipher.js";
import { statement } from "../../db/statement.js";
import type { Prisma } from "../../gen/prisma/client.js";
import type { ExternalApiModel } from "../../gen/prisma/models.js";
import { toColumns, toExternalApi } from "./external-api.columns.js";
import type { ExternalApi, ExternalApiRecord, ExternalApiRepository } from "./external-api.model.js";

type Reader = Pick<Prisma.TransactionClient, "externalApi">;

/** Configurations of external APIs, and the encrypted secrets of their headers. */
export function createExternalApiRepository(limited: LimitedDatabase, cipher: SecretCipher): ExternalApiRepository {
  const { database } = limited;
  const find = async (reader: Reader, target: CompanyResource): Promise<ExternalApi | undefined> => {
    const row = await reader.externalApi.findFirst({ where: keyOf(target).companyId_id });
    return row ? toExternalApi(row) : undefined;
  };

  const externalApis = companyRecords(limited, {
    ...{ kind: "external_api", resource: "ExternalApi", measures: countedBy("MAX_EXTERNAL_APIS"), find },
  });

  /** Stores the given secrets and deletes those of headers that were removed or are no longer secret. */
  const writeSecrets = async (tx: Prisma.TransactionClient, target: CompanyResource, record: ExternalApiRecord) => {
    const owner = { companyId: target.companyId, externalApiId: target.id };
    const names = record.content.headers.filter(({ isSecret }) => isSecret).map(({ name }) => name.toLowerCase());
    await tx.externalApiSecret.deleteMany({ where: { ...owner, name: { notIn: names } } });
    for (const [name, secret] of record.secrets) {
      const sealed = cipher.seal(secret, sealContext(target, name));
      const where = { companyId_externalApiId_name: { ...owner, name } };
      await tx.externalApiSecret.upsert({ where, create: { ...owner, name, sealed }, update: { sealed } });
    }
  };

  return {
    find: (target, signal) => database.ask(signal, (prisma) => find(prisma, target)),

    async findForCall(target, signal) {
      const [row] = await database.read<CalledRow>(findWithSecrets, [target.companyId, target.id], signal);
      if (!row) return undefined;
      const secrets = (row.secrets ?? []).map(({ name, sealed }) => {
        return [name, cipher.open(Buffer.from(sealed, "hex"), sealContext(target, name))] as const;
      });
      return { api: toReadApi(row), secrets: new Map(secrets) };
    },

    async list({ companyId, page, showArchived }, signal) {
      const after = [page.after?.time ?? null, page.after?.id ?? null];
      const values = [companyId, showArchived, ...after, page.size + 1, page.offset];
      const rows = await database.read<ReadRow>(listNewestFirst, values, signal);
      return rows.map(toReadApi);
    },

    create: (target, record, write) =>
      externalApis.create(target, write, async (tx, now) => {
        const { companyId, id } = target;
        const author = actingStaffId(write, companyId);
        const stamp = { createdBy: author, createdTime: now, lastUpdatedBy: author, lastUpdatedTime: now };
        await tx.externalApi.create({ data: { companyId, id, ...toColumns(record.content), ...stamp } });
        await writeSecrets(tx, target, record);
      }),

    change: (target, write, decide) =>
      externalApis.change(target, write, async (tx, now) => {
        const current = await find(tx, target);
        const edit = decide(current);
        if (!current || !edit) return undefined;
        const columns = "content" in edit ? toColumns(edit.content) : { archivedTime: edit.archived ? now : null };
        const { companyId } = target;
        const version = current.version + 1n;
        const lastUpdatedTime = updatedTime(current, now);
        const stamp = { lastUpdatedBy: actingStaffId(write, companyId), lastUpdatedTime, version };
        await tx.externalApi.update({ where: keyOf(target), data: { ...columns, ...stamp } });
        if (!("content" in edit)) return { version };
        await writeSecrets(tx, target, edit);
        return { version, ...(edit.secrets.size > 0 ? { fields: ["secrets"] } : {}) };
      }),
  };
}

function keyOf({ companyId, id }: CompanyResource) {
  return { companyId_id: { companyId, id } };
}

/** The context of a secret. It can only be decrypted with the same context (db/secret-cipher.ts). */
export function sealContext({ companyId, id }: CompanyResource, name: string): SealContext {
  return [companyId, "external_api", id, name];
}

function toReadApi({ version, ...row }: ReadRow): ExternalApi {
  return toExternalApi({ ...row, version: BigInt(version) });
}

/** A bigint is a string in node-postgres. */
type ReadRow = Omit<ExternalApiModel, "version"> & { readonly version: string };

/** A configuration with its encrypted secrets in hexadecimal, or null if it has none. */
interface CalledRow extends ReadRow {
  readonly secrets: readonly { readonly name: string; readonly sealed: string }[] | null;
}

const columns = `company_id AS "companyId", id, name, description, method, url, headers, request_params AS "requestParams",
     output_params AS "outputParams", timeout_ms AS "timeoutMs", archived_time AS "archivedTime",
     created_by AS "createdBy", created_time AS "createdTime", last_updated_by AS "lastUpdatedBy",
     last_updated_time AS "lastUpdatedTime", version`;

const listNewestFirst = statement(
  "external_api.list",
  `SELECT ${columns}
   FROM external_api
   WHERE company_id = $1 AND ($2::boolean OR archived_time IS NULL)
     AND ($3::timestamptz IS NULL OR (created_time, id) < ($3, $4::text))
   ORDER BY created_time DESC, id DESC LIMIT $5 OFFSET $6`,
);

/**
 * One statement, because a secret is bound to the URL it was given for. Between two statements the URL could move to a
 * new host with a new secret.
 */
const findWithSecrets = statement(
  "external_api.for_call",
  `SELECT ${columns},
     (SELECT json_agg(json_build_object('name', s.name, 'sealed', encode(s.sealed, 'hex')))
      FROM external_api_secret s WHERE s.company_id = a.company_id AND s.external_api_id = a.id) AS secrets
   FROM external_api a WHERE company_id = $1 AND id = $2`,
);
