import { z } from "zod";
import { reachOf } from "../domain/access.js";
import type { SettingRepository } from "../domain/setting-repository.js";
import { SettingService } from "../gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { toProtoTag } from "./customer-message.js";
import { id } from "./fields.js";
import { parse } from "./parse.js";
import type { ServedSettings } from "./unimplemented.js";

/** moego.business.setting.v1.SettingService (document 000). */
export function createSettingHandlers(settings: SettingRepository): ServedSettings {
  const requests = SettingService.method;
  return {
    async listCustomerTags(request, { caller, signal }) {
      const { companyId, showArchived } = parse(requests.listCustomerTags.input, request, ofCompany);
      reachOf(caller, companyId);
      const tags = await settings.listTags(companyId, showArchived, signal);
      return { tags: tags.map(toProtoTag) };
    },

    async listCustomerReferralSources(request, { caller, signal }) {
      const { companyId, showArchived } = parse(requests.listCustomerReferralSources.input, request, ofCompany);
      reachOf(caller, companyId);
      const sources = await settings.listReferralSources(companyId, showArchived, signal);
      return { referralSources: [...sources] };
    },
  };
}

const ofCompany = z.object({ companyId: id, showArchived: z.boolean() });
