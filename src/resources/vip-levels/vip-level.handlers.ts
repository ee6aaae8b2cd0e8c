import type { PageTokens } from "../../api/page-token.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import type { VipLevelService } from "../../gen/proto/moego/callcenter/v1/vip_level_service_pb.js";
import type { VipLevel } from "../callers/caller-profile.model.js";
import { listAdministration, listing, merged } from "../setting-lists/list-administration.handlers.js";
import { namedUpdate, newNamed } from "../setting-lists/setting.input.js";
import type { NameContent } from "../setting-lists/setting.model.js";
import type { SettingList } from "../setting-lists/setting-list.service.js";

/** Handlers of `moego.callcenter.v1.VipLevelService`. */
export function createVipLevelHandlers(
  vipLevels: SettingList<VipLevel, NameContent>,
  pageTokens: PageTokens,
): ServiceHandlers<typeof VipLevelService> {
  const administration = listAdministration(vipLevels, {
    one: (vipLevel) => ({ vipLevel }),
    all: (entries) => ({ vipLevels: [...entries] }),
  });
  return {
    listVipLevels: listing(pageTokens, vipLevels, (entries, nextPageToken) => ({
      vipLevels: [...entries],
      nextPageToken,
    })),
    createVipLevel: administration.create(newNamed),
    updateVipLevel: administration.update(namedUpdate, merged),
    reorderVipLevels: administration.reorder,
    archiveVipLevel: administration.archive,
    restoreVipLevel: administration.restore,
  };
}
