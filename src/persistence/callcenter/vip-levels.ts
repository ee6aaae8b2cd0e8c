import type { Database } from "../../db/database.js";
import type { VipLevel } from "../../domain/callcenter/caller-profile.js";
import type { NameContent } from "../../resources/setting-lists/setting.model.js";
import { createSettingListRepository } from "../../resources/setting-lists/setting-list.repository.js";
import type { SettingRepository } from "../../resources/setting-lists/setting-store.model.js";
import { vipLevelTable } from "../../resources/setting-lists/setting-tables.columns.js";

/** The VIP levels of companies. */
export function createVipLevelRepository(database: Database): SettingRepository<VipLevel, NameContent> {
  return createSettingListRepository(database, vipLevelTable);
}
