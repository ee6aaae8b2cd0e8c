import type { SettingRepository } from "../domain/setting-repository.js";
import type { Database } from "./database.js";
import { toTag } from "./tags.js";

/** The lists of a company's settings, by display order, then name. */
export function createSettingRepository(database: Database): SettingRepository {
  const shown = (companyId: string, showArchived: boolean) => ({
    companyId,
    ...(showArchived ? {} : { archivedTime: null }),
  });
  const orderBy = [{ displayOrder: "asc" as const }, { name: "asc" as const }, { id: "asc" as const }];
  return {
    async listTags(companyId, showArchived, signal) {
      const rows = await database.ask(signal, (prisma) =>
        prisma.tag.findMany({ where: shown(companyId, showArchived), orderBy }),
      );
      return rows.map(toTag);
    },

    async listReferralSources(companyId, showArchived, signal) {
      const rows = await database.ask(signal, (prisma) =>
        prisma.referralSource.findMany({ where: shown(companyId, showArchived), orderBy }),
      );
      return rows.map(({ id, name, archivedTime }) => ({ id, name, archived: archivedTime !== null }));
    },
  };
}
