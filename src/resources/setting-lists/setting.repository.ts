import type { Database } from "../../db/database.js";
import { changeSettings, findRow, present, updateRow } from "./setting-change.repository.js";
import { createSettingListRepository } from "./setting-list.repository.js";
import type { LifeCycleRepository, SettingRepositories } from "./setting-store.model.js";
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
import { createTagGroupRepository } from "./tag-group.repository.js";

/** The settings lists of companies. */
export function createSettingRepositories(database: Database): SettingRepositories {
  return {
    tags: createSettingListRepository(database, tagTable),
    tagGroups: createTagGroupRepository(database),
    referralSources: createSettingListRepository(database, referralSourceTable),
    lifeCycles: createLifeCycleRepository(database),
    actionStatuses: createSettingListRepository(database, actionStatusTable),
    petCodes: createSettingListRepository(database, petCodeTable),
    petSizes: createSettingListRepository(database, petSizeTable),
    petTypes: createSettingListRepository(database, petTypeTable),
    petCoatTypes: createSettingListRepository(database, petCoatTypeTable),
  };
}

function createLifeCycleRepository(database: Database): LifeCycleRepository {
  const { kind, toEntry } = lifeCycleTable;
  return {
    ...createSettingListRepository(database, lifeCycleTable),

    setDefault: (target, write, check) =>
      changeSettings(database, {
        companyId: target.companyId,
        kind,
        write,
        async work(tx, now) {
          const { companyId, id } = target;
          const found = await tx.lifeCycle.findMany({ where: { companyId, OR: [{ id }, { isDefault: true }] } });
          const next = found.find((stage) => stage.id === id);
          check(next && { id, name: next.name, isDefault: next.isDefault, archived: next.archivedTime !== null });
          if (next?.isDefault) return [id];
          // The previous default first, so that there is never more than one.
          for (const former of found.filter((stage) => stage.isDefault)) {
            const columns = { is_default: false };
            await updateRow(tx, { kind, target: { companyId, id: former.id }, columns, now, write });
          }
          await updateRow(tx, { kind, target, columns: { is_default: true }, now, write });
          return [id];
        },
        answer: async (tx) => {
          const [row] = await findRow<Parameters<typeof toEntry>[0]>(tx, kind, target);
          return toEntry(present(row));
        },
      }),
  };
}
