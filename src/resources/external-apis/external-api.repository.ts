import { alreadyExistsError, notFoundError } from "../../core/errors.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import { updatedTime } from "../../db/audit-columns.js";
import { recordChange } from "../../db/audit-log.js";
import type { Database } from "../../db/database.js";
import { violatedConstraint } from "../../db/database-errors.js";
import type { Prisma } from "../../gen/prisma/client.js";
import { changeSettings, present } from "../setting-lists/setting-change.repository.js";
import { toColumns, toExternalApi } from "./external-api.columns.js";
import type { ExternalApi, ExternalApiTarget } from "./external-api.model.js";
import {
  type CalledRow,
  findWithSecrets,
  listNewestFirst,
  type ReadRow,
} from "./external-api-statements.repository.js";
import type { ExternalApiRecord, ExternalApiRepository } from "./external-api-store.model.js";
import type { SealContext, SecretCipher } from "./secret-cipher.repository.js";

type Reader = Pick<Prisma.TransactionClient, "externalApi">;

/** Configurations of external APIs, and the encrypted secrets of their headers. */
export function createExternalApiRepository(database: Database, cipher: SecretCipher): ExternalApiRepository {
  const find = async (reader: Reader, target: ExternalApiTarget): Promise<ExternalApi | undefined> => {
    const row = await reader.externalApi.findFirst({ where: keyOf(target).companyId_id });
    return row ? toExternalApi(row) : undefined;
  };

  /** Stores the given secrets and deletes those of headers that were removed or are no longer secret. */
  const writeSecrets = async (tx: Prisma.TransactionClient, target: ExternalApiTarget, record: ExternalApiRecord) => {
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
      changeSettings(database, {
        companyId: target.companyId,
        kind: "external_api",
        write,
        async work(tx, now) {
          const author = actingStaffId(write, target.companyId);
          const stamp = { createdBy: author, createdTime: now, lastUpdatedBy: author, lastUpdatedTime: now };
          const { companyId, id } = target;
          await tx.externalApi.create({ data: { companyId, id, ...toColumns(record.content), ...stamp } });
          await writeSecrets(tx, target, record);
          await recordChange(tx, write, { companyId, kind: "external_api", id, version: 1n, time: now });
          return [id];
        },
        answer: async (tx, [id = target.id]) => present(await find(tx, { ...target, id })),
      }).catch((error: unknown) => {
        throw violatedConstraint(error) === "external_api_pkey" ? alreadyExistsError("ExternalApi", "id") : error;
      }),

    change: (target, decide, write) =>
      changeSettings(database, {
        companyId: target.companyId,
        kind: "external_api",
        write,
        async work(tx, now) {
          const current = await find(tx, target);
          const record = decide(current);
          await update(tx, { current: present(current), columns: toColumns(record.content), now, write });
          await writeSecrets(tx, target, record);
          return [target.id];
        },
        answer: async (tx) => present(await find(tx, target)),
      }),

    setArchived: (target, archived, write) =>
      changeSettings(database, {
        companyId: target.companyId,
        kind: "external_api",
        write,
        async work(tx, now) {
          const current = await find(tx, target);
          if (!current) throw notFoundError("ExternalApi", target.id);
          const columns = { archivedTime: archived ? now : null };
          if (current.archived !== archived) await update(tx, { current, columns, now, write });
          return [target.id];
        },
        answer: async (tx) => present(await find(tx, target)),
      }),
  };
}

interface Update {
  readonly current: ExternalApi;
  readonly columns: Prisma.ExternalApiUncheckedUpdateInput;
  readonly now: Date;
  readonly write: WriteContext;
}

async function update(tx: Prisma.TransactionClient, { current, columns, now, write }: Update): Promise<void> {
  const { companyId, id } = current;
  const version = current.version + 1n;
  const lastUpdatedTime = updatedTime(current, now);
  const stamp = { lastUpdatedBy: actingStaffId(write, companyId), lastUpdatedTime, version };
  await tx.externalApi.update({ where: keyOf(current), data: { ...columns, ...stamp } });
  await recordChange(tx, write, { companyId, kind: "external_api", id, version, time: now });
}

function keyOf({ companyId, id }: ExternalApiTarget) {
  return { companyId_id: { companyId, id } };
}

/** The context of a secret. It can only be decrypted with the same context (secret-cipher.repository.ts). */
export function sealContext({ companyId, id }: ExternalApiTarget, name: string): SealContext {
  return [companyId, "external_api", id, name];
}

function toReadApi({ version, ...row }: ReadRow): ExternalApi {
  return toExternalApi({ ...row, version: BigInt(version) });
}
