import { notFoundError } from "../../core/errors.js";
import { auditColumns } from "../../db/audit-log.js";
import {
  changeCompany,
  findRow,
  type LimitedDatabase,
  present,
  recordRows,
  updateRow,
} from "../../db/company-records.js";
import type { Database } from "../../db/database.js";
import { statement } from "../../db/statement.js";
import type { LifeCycleRepository, SettingRepositories, TagGroupRepository } from "./setting.model.js";
import { createSettingListRepository } from "./setting-list.repository.js";
import {
  actionStatusTable,
  lifeCycleTable,
  petCoatTypeTable,
  petCodeTable,
  petSizeTable,
  petTypeTable,
  referralSourceTable,
  tagTable,
} from "./setting-tables.columns.js";

/** The settings lists of companies. */
export function createSettingRepositories(limited: LimitedDatabase): SettingRepositories {
  return {
    tags: createSettingListRepository(limited, tagTable),
    tagGroups: createTagGroupRepository(limited.database),
    referralSources: createSettingListRepository(limited, referralSourceTable),
    lifeCycles: createLifeCycleRepository(limited),
    actionStatuses: createSettingListRepository(limited, actionStatusTable),
    petCodes: createSettingListRepository(limited, petCodeTable),
    petSizes: createSettingListRepository(limited, petSizeTable),
    petTypes: createSettingListRepository(limited, petTypeTable),
    petCoatTypes: createSettingListRepository(limited, petCoatTypeTable),
  };
}

function createLifeCycleRepository(limited: LimitedDatabase): LifeCycleRepository {
  const { database } = limited;
  const { kind, toEntry } = lifeCycleTable;
  return {
    ...createSettingListRepository(limited, lifeCycleTable),

    setDefault: (target, write, check) =>
      changeCompany(database, {
        ...{ companyId: target.companyId, kind, write },
        async work(tx, now) {
          const { companyId, id } = target;
          const found = await tx.lifeCycle.findMany({ where: { companyId, OR: [{ id }, { isDefault: true }] } });
          const next = found.find((stage) => stage.id === id);
          check(next && { id, name: next.name, isDefault: next.isDefault, archived: next.archivedTime !== null });
          if (next?.isDefault) return [id];
          // The previous default first, so that there is never more than one.
          const others = found.filter((stage) => stage.isDefault).map((stage) => stage.id);
          for (const changedId of [...others, id]) {
            const columns = { is_default: changedId === id };
            const row = await updateRow(tx, { kind, target: { companyId, id: changedId }, columns, now, write });
            const rows = row ? [{ id: changedId, version: row.version }] : [];
            await recordRows(tx, write, { companyId, kind, time: now, fields: ["is_default"], rows });
          }
          return [id];
        },
        answer: async (tx) => toEntry(present(await findRow<Parameters<typeof toEntry>[0]>(tx, kind, target))),
      }),
  };
}

/** Tag groups: group names that several tags have. */
function createTagGroupRepository(database: Database): TagGroupRepository {
  return {
    async list(companyId, signal) {
      const rows = await database.read<{ name: string; tag_count: number }>(listGroups, [companyId], signal);
      return rows.map((row) => ({ name: row.name, tagCount: row.tag_count }));
    },

    rename: ({ companyId, group, newGroup }, write) =>
      changeCompany(database, {
        ...{ companyId, kind: "tag", write },
        async work(tx, now) {
          const renamed = await tx.$queryRaw<{ id: string; version: bigint }[]>`
            UPDATE tag AS t SET group_name = ${newGroup}, ${auditColumns({ companyId, now, write })}
            WHERE company_id = ${companyId} AND group_name = ${group} RETURNING id, version`;
          if (renamed.length === 0) throw notFoundError("TagGroup", group);
          await recordRows(tx, write, { companyId, kind: "tag", time: now, fields: ["group"], rows: renamed });
          return [];
        },
        answer: async (tx) => {
          const inUse = { companyId, groupName: newGroup, archivedTime: null };
          return { name: newGroup, tagCount: await tx.tag.count({ where: inUse }) };
        },
      }),
  };
}

const listGroups = statement(
  "tag_group.list",
  `SELECT group_name AS name, count(*)::int AS tag_count FROM tag
   WHERE company_id = $1 AND group_name <> '' AND archived_time IS NULL GROUP BY group_name ORDER BY group_name`,
);
