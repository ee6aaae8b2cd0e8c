import { companyResourceSchema } from "../../api/fields.js";
import { rpc, type ServiceHandlers } from "../../api/rpc.js";
import type { CustomerSettingAdminService } from "../../gen/proto/moego/admin/v1/customer_setting_admin_service_pb.js";
import { listAdministration, merged } from "./list-administration.handlers.js";
import {
  actionStatusUpdate,
  groupChange,
  namedUpdate,
  newActionStatus,
  newNamed,
  newTag,
  ofCompany,
  tagUpdate,
} from "./setting.input.js";
import type { Settings } from "./setting.service.js";
import { toProtoTag } from "./tag.output.js";

type CustomerLists = Pick<Settings, "tags" | "referralSources" | "lifeCycles" | "actionStatuses">;

/** Handlers of `moego.admin.v1.CustomerSettingAdminService`. */
export function createCustomerSettingAdminHandlers(
  lists: CustomerLists,
): ServiceHandlers<typeof CustomerSettingAdminService> {
  const tags = listAdministration(lists.tags, {
    one: (tag) => ({ tag: toProtoTag(tag) }),
    all: (entries) => ({ tags: entries.map(toProtoTag) }),
  });
  const referralSources = listAdministration(lists.referralSources, {
    one: (referralSource) => ({ referralSource }),
    all: (entries) => ({ referralSources: [...entries] }),
  });
  const lifeCycles = listAdministration(lists.lifeCycles, {
    one: (lifeCycle) => ({ lifeCycle }),
    all: (entries) => ({ lifeCycles: [...entries] }),
  });
  const actionStatuses = listAdministration(lists.actionStatuses, {
    one: (actionStatus) => ({ actionStatus }),
    all: (entries) => ({ actionStatuses: [...entries] }),
  });
  return {
    createTag: tags.create(newTag),
    updateTag: tags.update(tagUpdate, merged),
    reorderTags: tags.reorder,
    archiveTag: tags.archive,
    restoreTag: tags.restore,

    listTagGroups: rpc(ofCompany, async ({ companyId }, { principal, signal }) => ({
      tagGroups: [...(await lists.tags.listGroups(companyId, principal, signal))],
    })),
    renameTagGroup: rpc(groupChange, async (change, { principal, write }) => ({
      tagGroup: await lists.tags.renameGroup(change, principal, write),
    })),

    createReferralSource: referralSources.create(newNamed),
    updateReferralSource: referralSources.update(namedUpdate, merged),
    reorderReferralSources: referralSources.reorder,
    archiveReferralSource: referralSources.archive,
    restoreReferralSource: referralSources.restore,

    createLifeCycle: lifeCycles.create(newNamed),
    updateLifeCycle: lifeCycles.update(namedUpdate, merged),
    reorderLifeCycles: lifeCycles.reorder,
    archiveLifeCycle: lifeCycles.archive,
    restoreLifeCycle: lifeCycles.restore,
    setDefaultLifeCycle: rpc(companyResourceSchema, async (target, { principal, write }) => ({
      lifeCycle: await lists.lifeCycles.setDefault(target, principal, write),
    })),

    createActionStatus: actionStatuses.create(newActionStatus),
    updateActionStatus: actionStatuses.update(actionStatusUpdate, merged),
    reorderActionStatuses: actionStatuses.reorder,
    archiveActionStatus: actionStatuses.archive,
    restoreActionStatus: actionStatuses.restore,
  };
}
