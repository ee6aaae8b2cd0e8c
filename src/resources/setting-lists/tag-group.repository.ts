import { notFoundError } from "../../core/errors.js";
import { auditColumns } from "../../db/audit-columns.js";
import { recordChanges } from "../../db/audit-log.js";
import type { Database } from "../../db/database.js";
import { statement } from "../../db/statement.js";
import { changeSettings } from "./setting-change.repository.js";
import type { TagGroupRepository } from "./setting-store.model.js";

/** Tag groups: group names that several tags have. */
export function createTagGroupRepository(database: Database): TagGroupRepository {
  return {
    async list(companyId, signal) {
      const rows = await database.read<{ name: string; tag_count: number }>(listGroups, [companyId], signal);
      return rows.map((row) => ({ name: row.name, tagCount: row.tag_count }));
    },

    rename: ({ companyId, group, newGroup }, write) =>
      changeSettings(database, {
        companyId,
        kind: "tag",
        write,
        async work(tx, now) {
          const renamed = await tx.$queryRaw<{ id: string; version: bigint }[]>`
            UPDATE tag AS t SET group_name = ${newGroup}, ${auditColumns({ companyId, now, write })}
            WHERE company_id = ${companyId} AND group_name = ${group} RETURNING id, version`;
          if (renamed.length === 0) throw notFoundError("TagGroup", group);
          const changed = renamed.map(({ id, version }) => ({
            companyId,
            kind: "tag" as const,
            id,
            version,
            time: now,
          }));
          await recordChanges(tx, write, changed);
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
