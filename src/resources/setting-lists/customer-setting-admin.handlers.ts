import { named } from "../../api/company-resource.js";
import { parse } from "../../api/parse.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import { CustomerSettingAdminService } from "../../gen/proto/moego/admin/v1/customer_setting_admin_service_pb.js";
import { toProtoTag } from "../customers/customer.output.js";
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
    async createTag(request, { caller, write }) {
      const { companyId, id, ...content } = parse(requests.createTag.input, request, newTag);
      return { tag: toProtoTag(await tags.create({ companyId, id, content }, caller, write)) };
    },

    async updateTag(request, { caller, write }) {
      const { companyId, id, ...change } = parse(requests.updateTag.input, request, tagUpdate);
      const update = { companyId, id, change: changing(change) };
      return { tag: toProtoTag(await tags.update(update, caller, write)) };
    },

    async reorderTags(request, { caller, write }) {
      const order = parse(requests.reorderTags.input, request, newOrder);
      return { tags: (await tags.reorder(order, caller, write)).map(toProtoTag) };
    },

    async archiveTag(request, { caller, write }) {
      const target = parse(requests.archiveTag.input, request, named);
      return { tag: toProtoTag(await tags.archive(target, caller, write)) };
    },

    async restoreTag(request, { caller, write }) {
      const target = parse(requests.restoreTag.input, request, named);
      return { tag: toProtoTag(await tags.restore(target, caller, write)) };
    },

    async createReferralSource(request, { caller, write }) {
      const { companyId, id, ...content } = parse(requests.createReferralSource.input, request, newNamed);
      return { referralSource: await referralSources.create({ companyId, id, content }, caller, write) };
    },

    async updateReferralSource(request, { caller, write }) {
      const { companyId, id, ...change } = parse(requests.updateReferralSource.input, request, namedUpdate);
      const update = { companyId, id, change: changing(change) };
      return { referralSource: await referralSources.update(update, caller, write) };
    },

    async reorderReferralSources(request, { caller, write }) {
      const order = parse(requests.reorderReferralSources.input, request, newOrder);
      return { referralSources: [...(await referralSources.reorder(order, caller, write))] };
    },

    async archiveReferralSource(request, { caller, write }) {
      const target = parse(requests.archiveReferralSource.input, request, named);
      return { referralSource: await referralSources.archive(target, caller, write) };
    },

    async restoreReferralSource(request, { caller, write }) {
      const target = parse(requests.restoreReferralSource.input, request, named);
      return { referralSource: await referralSources.restore(target, caller, write) };
    },

    async createLifeCycle(request, { caller, write }) {
      const { companyId, id, ...content } = parse(requests.createLifeCycle.input, request, newNamed);
      return { lifeCycle: await lifeCycles.create({ companyId, id, content }, caller, write) };
    },

    async updateLifeCycle(request, { caller, write }) {
      const { companyId, id, ...change } = parse(requests.updateLifeCycle.input, request, namedUpdate);
      const update = { companyId, id, change: changing(change) };
      return { lifeCycle: await lifeCycles.update(update, caller, write) };
    },

    async reorderLifeCycles(request, { caller, write }) {
      const order = parse(requests.reorderLifeCycles.input, request, newOrder);
      return { lifeCycles: [...(await lifeCycles.reorder(order, caller, write))] };
    },

    async archiveLifeCycle(request, { caller, write }) {
      const target = parse(requests.archiveLifeCycle.input, request, named);
      return { lifeCycle: await lifeCycles.archive(target, caller, write) };
    },

    async restoreLifeCycle(request, { caller, write }) {
      const target = parse(requests.restoreLifeCycle.input, request, named);
      return { lifeCycle: await lifeCycles.restore(target, caller, write) };
    },

    async createActionStatus(request, { caller, write }) {
      const { companyId, id, ...content } = parse(requests.createActionStatus.input, request, newActionStatus);
      return { actionStatus: await actionStatuses.create({ companyId, id, content }, caller, write) };
    },

    async updateActionStatus(request, { caller, write }) {
      const { companyId, id, ...change } = parse(requests.updateActionStatus.input, request, actionStatusUpdate);
      const update = { companyId, id, change: changing(change) };
      return { actionStatus: await actionStatuses.update(update, caller, write) };
    },

    async reorderActionStatuses(request, { caller, write }) {
      const order = parse(requests.reorderActionStatuses.input, request, newOrder);
      return { actionStatuses: [...(await actionStatuses.reorder(order, caller, write))] };
    },

    async archiveActionStatus(request, { caller, write }) {
      const target = parse(requests.archiveActionStatus.input, request, named);
      return { actionStatus: await actionStatuses.archive(target, caller, write) };
    },

    async restoreActionStatus(request, { caller, write }) {
      const target = parse(requests.restoreActionStatus.input, request, named);
      return { actionStatus: await actionStatuses.restore(target, caller, write) };
    },

    async listTagGroups(request, { caller, signal }) {
      const { companyId } = parse(requests.listTagGroups.input, request, ofCompany);
      return { tagGroups: [...(await tags.listGroups(companyId, caller, signal))] };
    },

    async renameTagGroup(request, { caller, write }) {
      const change = parse(requests.renameTagGroup.input, request, groupChange);
      return { tagGroup: await tags.renameGroup(change, caller, write) };
    },

    async setDefaultLifeCycle(request, { caller, write }) {
      const target = parse(requests.setDefaultLifeCycle.input, request, named);
      return { lifeCycle: await lifeCycles.setDefault(target, caller, write) };
    },
  };
}
