import { CustomerSettingAdminService } from "../../src/gen/proto/moego/admin/v1/customer_setting_admin_service_pb.js";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { archiveTag, restoreTag } from "../model/tag-commands.js";
import { planted } from "../reliability/tenancy/planted.js";
import { post } from "../reliability/write-kind.js";
import { keys } from "../support/fixture-keys.js";
import { freshName } from "../support/new-setting.js";
import { entry, type RpcEntry } from "./entry.js";
import { archivedBy, change, creation, idsOf, rename, reorder, type SettingList } from "./setting-list.js";
import { reading } from "./texts.js";

const read = SettingService.method;
const admin = CustomerSettingAdminService.method;
const companyId = "cmp_a";
const ofA = { companyId };
const made = { companyId, name: "Made" };

const tags: SettingList = {
  make: async (server) => (await server.ok(admin.createTag, { companyId, name: freshName() })).tag?.id ?? "",
  order: async (server) => idsOf((await server.ok(read.listCustomerTags, ofA)).tags),
  texts: { reading: () => reading(read.listCustomerTags, ofA) },
};
const referralSources: SettingList = {
  make: async (server) => (await server.ok(admin.createReferralSource, made)).referralSource?.id ?? "",
  order: async (server) => idsOf((await server.ok(read.listCustomerReferralSources, ofA)).referralSources),
  texts: { reading: () => reading(read.listCustomerReferralSources, ofA) },
};
const lifeCycles: SettingList = {
  make: async (server) => (await server.ok(admin.createLifeCycle, made)).lifeCycle?.id ?? "",
  order: async (server) => idsOf((await server.ok(read.listLeadsLifeCycles, ofA)).lifeCycles),
  texts: { reading: () => reading(read.listLeadsLifeCycles, ofA) },
};
const actionStatuses: SettingList = {
  make: async (server) => (await server.ok(admin.createActionStatus, made)).actionStatus?.id ?? "",
  order: async (server) => idsOf((await server.ok(read.listLeadsActionStatus, ofA)).actionStatuses),
  texts: { reading: () => reading(read.listLeadsActionStatus, ofA) },
};

/** The lists of customers and leads. */
export const customerSettingLists: readonly RpcEntry[] = [
  entry(read.listCustomerTags, { request: ofA }),
  entry(admin.createTag, {
    request: async () => ({ companyId, name: freshName() }),
    repeat: creation("tag_a1"),
    texts: tags.texts,
    tenancy: { calls: [{ name: "archived by the neighbour", json: { name: planted.archivedTagName } }] },
    once: {
      oneStatement: false,
      doubles: false,
      async plan({ companyId }, mark) {
        const path = `admin/companies/${companyId}/tags`;
        return { call: post(path, { name: mark }), other: post(path, { name: mark, group: "Other" }), marks: [mark] };
      },
      idOf: (body) => body.tag.id,
      effects: `SELECT name AS mark, count(*)::int AS effects, min(id) AS id FROM tag
        WHERE company_id = $1 AND name = ANY($2) GROUP BY 1`,
    },
  }),
  entry(admin.updateTag, {
    ...rename("tag_a2", "tag_c1", tags.make),
    request: { companyId, id: "tag_a2", group: "Loyalty" },
    texts: tags.texts,
  }),
  entry(admin.reorderTags, reorder(tags.make, tags.order)),
  entry(admin.archiveTag, {
    ...change("tag_a9", "tag_c1", tags.make),
    model: { command: archiveTag, weights: { customers: 1 } },
  }),
  entry(admin.restoreTag, {
    ...change(
      "tag_a1",
      "tag_c1",
      archivedBy(tags.make, (server, id) => server.ok(admin.archiveTag, { companyId, id })),
    ),
    model: { command: restoreTag, weights: { customers: 1 } },
  }),
  entry(admin.listTagGroups, { request: ofA }),
  entry(admin.renameTagGroup, {
    request: { companyId, group: "Loyalty", newGroup: "Loyalty" },
    async repeat(server) {
      const [group, otherGroup] = [freshName("Group"), freshName("Group")];
      for (const name of [group, otherGroup]) {
        await server.ok(admin.createTag, { companyId, name: freshName(), group: name });
      }
      return {
        good: { companyId, group, newGroup: freshName("Group") },
        other: { companyId, group: otherGroup, newGroup: freshName("Group") },
        bad: { companyId, group: "Nobody's", newGroup: "x" },
      };
    },
    texts: {
      async request(server) {
        const group = freshName("Group");
        await server.ok(admin.createTag, { companyId, name: freshName(), group });
        return { companyId, group };
      },
      ...tags.texts,
    },
  }),

  entry(read.listCustomerReferralSources, { request: ofA }),
  entry(admin.createReferralSource, {
    request: { companyId, name: "Radio" },
    repeat: creation("ref_a1"),
    texts: referralSources.texts,
  }),
  entry(admin.updateReferralSource, {
    ...rename("ref_a2", "ref_c1", referralSources.make),
    texts: referralSources.texts,
  }),
  entry(admin.reorderReferralSources, reorder(referralSources.make, referralSources.order)),
  entry(admin.archiveReferralSource, change("ref_a9", "ref_c1", referralSources.make)),
  entry(
    admin.restoreReferralSource,
    change(
      "ref_a2",
      "ref_c1",
      archivedBy(referralSources.make, (server, id) => server.ok(admin.archiveReferralSource, { companyId, id })),
    ),
  ),

  entry(read.listLeadsLifeCycles, { request: ofA }),
  entry(admin.createLifeCycle, {
    request: { companyId, name: "Won" },
    repeat: creation("lc_a1"),
    texts: lifeCycles.texts,
    tenancy: { calls: [{ name: "first of its company", ids: { company_id: "cmp_quota" }, key: keys.quota }] },
  }),
  entry(admin.updateLifeCycle, { ...rename("lc_a3", "lc_c1", lifeCycles.make), texts: lifeCycles.texts }),
  entry(admin.reorderLifeCycles, reorder(lifeCycles.make, lifeCycles.order)),
  entry(admin.archiveLifeCycle, change("lc_a9", "lc_c1", lifeCycles.make)),
  entry(
    admin.restoreLifeCycle,
    change(
      "lc_a2",
      "lc_c1",
      archivedBy(lifeCycles.make, (server, id) => server.ok(admin.archiveLifeCycle, { companyId, id })),
    ),
  ),
  entry(admin.setDefaultLifeCycle, change("lc_a1", "lc_c1", lifeCycles.make)),

  entry(read.listLeadsActionStatus, { request: ofA }),
  entry(admin.createActionStatus, {
    request: { companyId, name: "Written to" },
    repeat: creation("as_a1"),
    texts: actionStatuses.texts,
  }),
  entry(admin.updateActionStatus, { ...rename("as_a2", "as_c1", actionStatuses.make), texts: actionStatuses.texts }),
  entry(admin.reorderActionStatuses, reorder(actionStatuses.make, actionStatuses.order)),
  entry(admin.archiveActionStatus, change("as_a9", "as_c1", actionStatuses.make)),
  entry(
    admin.restoreActionStatus,
    change(
      "as_a2",
      "as_c1",
      archivedBy(actionStatuses.make, (server, id) => server.ok(admin.archiveActionStatus, { companyId, id })),
    ),
  ),
];
