import type { VipLevel } from "../domain/caller-profile.js";
import type { NameContent } from "../domain/setting.js";
import type { SettingRepository } from "../domain/setting-repository.js";
import type { Database } from "./database.js";
import { createSettingListRepository } from "./settings-list.js";
import { vipLevelTable } from "./settings-tables.js";

/** The VIP levels of companies. */
export function createVipLevelRepository(database: Database): SettingRepository<VipLevel, NameContent> {
  return createSettingListRepository(database, vipLevelTable);
}
