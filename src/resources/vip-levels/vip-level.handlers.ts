import { named } from "../../api/company-resource.js";
import { parse } from "../../api/parse.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import { VipLevelService } from "../../gen/proto/moego/callcenter/v1/vip_level_service_pb.js";
import type { VipLevel } from "../callers/caller-profile.model.js";
import { changing, namedUpdate, newNamed, newOrder, wholeList } from "../setting-lists/setting.input.js";
import type { NameContent } from "../setting-lists/setting.model.js";
import type { SettingList } from "../setting-lists/setting-list.service.js";

const requests = VipLevelService.method;

/** moego.callcenter.v1.VipLevelService */
export function createVipLevelHandlers(
  vipLevels: SettingList<VipLevel, NameContent>,
): ServiceHandlers<typeof VipLevelService> {
  return {
    async listVipLevels(request, { caller, signal }) {
      const query = parse(requests.listVipLevels.input, request, wholeList);
      return { vipLevels: [...(await vipLevels.list(query, caller, signal))] };
    },

    async createVipLevel(request, { caller, write }) {
      const { companyId, id, ...content } = parse(requests.createVipLevel.input, request, newNamed);
      return { vipLevel: await vipLevels.create({ companyId, id, content }, caller, write) };
    },

    async updateVipLevel(request, { caller, write }) {
      const { companyId, id, ...change } = parse(requests.updateVipLevel.input, request, namedUpdate);
      return { vipLevel: await vipLevels.update({ companyId, id, change: changing(change) }, caller, write) };
    },

    async reorderVipLevels(request, { caller, write }) {
      const order = parse(requests.reorderVipLevels.input, request, newOrder);
      return { vipLevels: [...(await vipLevels.reorder(order, caller, write))] };
    },

    async archiveVipLevel(request, { caller, write }) {
      const target = parse(requests.archiveVipLevel.input, request, named);
      return { vipLevel: await vipLevels.archive(target, caller, write) };
    },

    async restoreVipLevel(request, { caller, write }) {
      const target = parse(requests.restoreVipLevel.input, request, named);
      return { vipLevel: await vipLevels.restore(target, caller, write) };
    },
  };
}
