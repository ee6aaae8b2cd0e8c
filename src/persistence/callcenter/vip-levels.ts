import type { Database } from "../../db/database.js";
import type { VipLevel } from "../../domain/callcenter/caller-profile.js";
import type { NameContent } from "../../domain/settings/setting.js";
import type { SettingRepository } from "../../domain/settings/setting-repository.js";
import { createSettingListRepository } from "../settings/settings-list.js";
import { vipLevelTable } from "../settings/settings-tables.js";

/** The VIP levels of companies. */
export function createVipLevelRepository(database: Database): SettingRepository<VipLevel, NameContent> {
  return createSettingListRepository(database, vipLevelTable);
}
