import type { Database } from "../../db/database.js";
import type { VipLevel } from "../callers/caller-profile.model.js";
import type { NameContent } from "../setting-lists/setting.model.js";
import { createSettingListRepository } from "../setting-lists/setting-list.repository.js";
import type { SettingRepository } from "../setting-lists/setting-store.model.js";
import { vipLevelTable } from "../setting-lists/setting-tables.columns.js";

/** VIP levels of companies. */
export function createVipLevelRepository(database: Database): SettingRepository<VipLevel, NameContent> {
  return createSettingListRepository(database, vipLevelTable);
}
