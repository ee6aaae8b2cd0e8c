import { companyResourceSchema } from "../../api/company-resource.js";
import { parse } from "../../api/parse.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import { VipLevelService } from "../../gen/proto/moego/callcenter/v1/vip_level_service_pb.js";
import type { VipLevel } from "../callers/caller-profile.model.js";
import { changing, namedUpdate, newNamed, newOrder, settingListRequest } from "../setting-lists/setting.input.js";
import type { NameContent } from "../setting-lists/setting.model.js";
import type { SettingList } from "../setting-lists/setting-list.service.js";

const requests = VipLevelService.method;

/** moego.callcenter.v1.VipLevelService */
export function createVipLevelHandlers(
  vipLevels: SettingList<VipLevel, NameContent>,
): ServiceHandlers<typeof VipLevelService> {
  return {
    async listVipLevels(request, { principal, signal }) {
      const query = parse(requests.listVipLevels.input, request, settingListRequest);
      return { vipLevels: [...(await vipLevels.list(query, principal, signal))] };
    },

    async createVipLevel(request, { principal, write }) {
      const { companyId, id, ...content } = parse(requests.createVipLevel.input, request, newNamed);
      return { vipLevel: await vipLevels.create({ companyId, id, content }, principal, write) };
    },

    async updateVipLevel(request, { principal, write }) {
      const { companyId, id, ...change } = parse(requests.updateVipLevel.input, request, namedUpdate);
      return { vipLevel: await vipLevels.update({ companyId, id, change: changing(change) }, principal, write) };
    },

    async reorderVipLevels(request, { principal, write }) {
      const order = parse(requests.reorderVipLevels.input, request, newOrder);
      return { vipLevels: [...(await vipLevels.reorder(order, principal, write))] };
    },

    async archiveVipLevel(request, { principal, write }) {
      const target = parse(requests.archiveVipLevel.input, request, companyResourceSchema);
      return { vipLevel: await vipLevels.archive(target, principal, write) };
    },

    async restoreVipLevel(request, { principal, write }) {
      const target = parse(requests.restoreVipLevel.input, request, companyResourceSchema);
      return { vipLevel: await vipLevels.restore(target, principal, write) };
    },
  };
}
