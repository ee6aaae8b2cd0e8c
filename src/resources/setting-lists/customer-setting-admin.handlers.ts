import { companyResourceSchema } from "../../api/company-resource.js";
import { parse } from "../../api/parse.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import { CustomerSettingAdminService } from "../../gen/proto/moego/admin/v1/customer_setting_admin_service_pb.js";
import {
  actionStatusUpdate,
  changing,
  groupChange,
  namedUpdate,
  newActionStatus,
  newNamed,
  newOrder,
  newTag,
  ofCompany,
  tagUpdate,
} from "./setting.input.js";
import type { Settings } from "./setting.service.js";
import { toProtoTag } from "./tag.output.js";

type CustomerLists = Pick<Settings, "tags" | "referralSources" | "lifeCycles" | "actionStatuses">;

/** moego.admin.v1.CustomerSettingAdminService */
export function createCustomerSettingAdminHandlers({
  tags,
  referralSources,
  lifeCycles,
  actionStatuses,
}: CustomerLists): ServiceHandlers<typeof CustomerSettingAdminService> {
  const requests = CustomerSettingAdminService.method;
  return {
    async createTag(request, { principal, write }) {
      const { companyId, id, ...content } = parse(requests.createTag.input, request, newTag);
      return { tag: toProtoTag(await tags.create({ companyId, id, content }, principal, write)) };
    },

    async updateTag(request, { principal, write }) {
      const { companyId, id, ...change } = parse(requests.updateTag.input, request, tagUpdate);
      const update = { companyId, id, change: changing(change) };
      return { tag: toProtoTag(await tags.update(update, principal, write)) };
    },

    async reorderTags(request, { principal, write }) {
      const order = parse(requests.reorderTags.input, request, newOrder);
      return { tags: (await tags.reorder(order, principal, write)).map(toProtoTag) };
    },

    async archiveTag(request, { principal, write }) {
      const target = parse(requests.archiveTag.input, request, companyResourceSchema);
      return { tag: toProtoTag(await tags.archive(target, principal, write)) };
    },

    async restoreTag(request, { principal, write }) {
      const target = parse(requests.restoreTag.input, request, companyResourceSchema);
      return { tag: toProtoTag(await tags.restore(target, principal, write)) };
    },

    async createReferralSource(request, { principal, write }) {
      const { companyId, id, ...content } = parse(requests.createReferralSource.input, request, newNamed);
      return { referralSource: await referralSources.create({ companyId, id, content }, principal, write) };
    },

    async updateReferralSource(request, { principal, write }) {
      const { companyId, id, ...change } = parse(requests.updateReferralSource.input, request, namedUpdate);
      const update = { companyId, id, change: changing(change) };
      return { referralSource: await referralSources.update(update, principal, write) };
    },

    async reorderReferralSources(request, { principal, write }) {
      const order = parse(requests.reorderReferralSources.input, request, newOrder);
      return { referralSources: [...(await referralSources.reorder(order, principal, write))] };
    },

    async archiveReferralSource(request, { principal, write }) {
      const target = parse(requests.archiveReferralSource.input, request, companyResourceSchema);
      return { referralSource: await referralSources.archive(target, principal, write) };
    },

    async restoreReferralSource(request, { principal, write }) {
      const target = parse(requests.restoreReferralSource.input, request, companyResourceSchema);
      return { referralSource: await referralSources.restore(target, principal, write) };
    },

    async createLifeCycle(request, { principal, write }) {
      const { companyId, id, ...content } = parse(requests.createLifeCycle.input, request, newNamed);
      return { lifeCycle: await lifeCycles.create({ companyId, id, content }, principal, write) };
    },

    async updateLifeCycle(request, { principal, write }) {
      const { companyId, id, ...change } = parse(requests.updateLifeCycle.input, request, namedUpdate);
      const update = { companyId, id, change: changing(change) };
      return { lifeCycle: await lifeCycles.update(update, principal, write) };
    },

    async reorderLifeCycles(request, { principal, write }) {
      const order = parse(requests.reorderLifeCycles.input, request, newOrder);
      return { lifeCycles: [...(await lifeCycles.reorder(order, principal, write))] };
    },

    async archiveLifeCycle(request, { principal, write }) {
      const target = parse(requests.archiveLifeCycle.input, request, companyResourceSchema);
      return { lifeCycle: await lifeCycles.archive(target, principal, write) };
    },

    async restoreLifeCycle(request, { principal, write }) {
      const target = parse(requests.restoreLifeCycle.input, request, companyResourceSchema);
      return { lifeCycle: await lifeCycles.restore(target, principal, write) };
    },

    async createActionStatus(request, { principal, write }) {
      const { companyId, id, ...content } = parse(requests.createActionStatus.input, request, newActionStatus);
      return { actionStatus: await actionStatuses.create({ companyId, id, content }, principal, write) };
    },

    async updateActionStatus(request, { principal, write }) {
      const { companyId, id, ...change } = parse(requests.updateActionStatus.input, request, actionStatusUpdate);
      const update = { companyId, id, change: changing(change) };
      return { actionStatus: await actionStatuses.update(update, principal, write) };
    },

    async reorderActionStatuses(request, { principal, write }) {
      const order = parse(requests.reorderActionStatuses.input, request, newOrder);
      return { actionStatuses: [...(await actionStatuses.reorder(order, principal, write))] };
    },

    async archiveActionStatus(request, { principal, write }) {
      const target = parse(requests.archiveActionStatus.input, request, companyResourceSchema);
      return { actionStatus: await actionStatuses.archive(target, principal, write) };
    },

    async restoreActionStatus(request, { principal, write }) {
      const target = parse(requests.restoreActionStatus.input, request, companyResourceSchema);
      return { actionStatus: await actionStatuses.restore(target, principal, write) };
    },

    async listTagGroups(request, { principal, signal }) {
      const { companyId } = parse(requests.listTagGroups.input, request, ofCompany);
      return { tagGroups: [...(await tags.listGroups(companyId, principal, signal))] };
    },

    async renameTagGroup(request, { principal, write }) {
      const change = parse(requests.renameTagGroup.input, request, groupChange);
      return { tagGroup: await tags.renameGroup(change, principal, write) };
    },

    async setDefaultLifeCycle(request, { principal, write }) {
      const target = parse(requests.setDefaultLifeCycle.input, request, companyResourceSchema);
      return { lifeCycle: await lifeCycles.setDefault(target, principal, write) };
    },
  };
}
