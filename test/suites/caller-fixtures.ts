import { CallerProfileSchema, ThirdAccountKind } from "../../src/gen/proto/moego/callcenter/v1/caller_profile_pb.js";
import { CallerService } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { VipLevelService } from "../../src/gen/proto/moego/callcenter/v1/vip_level_service_pb.js";
import { profile } from "../support/caller-rows.js";
import { customer } from "../support/fixtures.js";
import { messageJson } from "../support/message-json.js";
import { freshId, madeCustomer } from "../support/records.js";
import type { TestServer } from "../support/server.js";
import { type MaskFixture, text } from "./mask-fixture.js";
import { type Repeatable, repeatable } from "./repeatable.js";
import { type RpcFixture, rpcFixture } from "./rpc-fixture.js";
import { creation, naming, ordering, renaming } from "./setting-repeatables.js";

const callers = CallerService.method;
const levels = VipLevelService.method;
const companyId = "cmp_a";
const customerId = "cus_a1";
const ofCustomerC = { customer_id: "cus_c1" };
const ofLevelC = { id: "vip_c1" };
const kind = ThirdAccountKind.DISCORD;

const levelsInUse = async (server: TestServer) =>
  (await server.ok(levels.listVipLevels, { companyId })).vipLevels.map(({ id }) => id);
const madeLevel = async (server: TestServer) =>
  (await server.ok(levels.createVipLevel, { companyId, name: "Made" })).vipLevel?.id ?? "";

/** The rpcs of CallerService and VipLevelService. */
export const callerRpcFixtures: readonly RpcFixture[] = [
  rpcFixture(callers.queryCustomer, { request: { companyId, tel: "+12125550101" } }),
  rpcFixture(callers.getCallerProfile, { request: { companyId, customerId }, foreignIds: ofCustomerC }),
  rpcFixture(callers.updateCallerProfile, {
    request: { companyId, customerId, nickname: "Ann" },
    foreignIds: ofCustomerC,
  }),
  rpcFixture(callers.linkAccount, {
    request: { companyId, customerId, kind, accountId: "account-of-the-suite" },
    foreignIds: ofCustomerC,
  }),
  rpcFixture(callers.unlinkAccount, { request: { companyId, customerId, kind }, foreignIds: ofCustomerC }),
  rpcFixture(levels.listVipLevels, { request: { companyId } }),
  rpcFixture(levels.createVipLevel, { request: { companyId, name: "Bronze" } }),
  rpcFixture(levels.updateVipLevel, {
    request: { companyId, id: "vip_a2", name: "Renamed" },
    foreignIds: ofLevelC,
  }),
  rpcFixture(levels.reorderVipLevels, {
    request: async (server) => ({ companyId, ids: await levelsInUse(server) }),
  }),
  rpcFixture(levels.archiveVipLevel, {
    request: async (server) => ({ companyId, id: await madeLevel(server) }),
    foreignIds: ofLevelC,
  }),
  rpcFixture(levels.restoreVipLevel, { request: { companyId, id: "vip_a9" }, foreignIds: ofLevelC }),
];

/** Requests about two customers, and about one that does not exist. */
async function onCustomers<T extends object>(server: TestServer, content: T) {
  const [one, other] = [await madeCustomer(server), await madeCustomer(server)];
  return {
    good: { companyId, customerId: one.id, ...content },
    other: { companyId, customerId: other.id, ...content },
    bad: { companyId, customerId: "cus_z", ...content },
  };
}

/** The rpcs of both that write. */
export const callerRepeatables: readonly Repeatable[] = [
  repeatable(callers.updateCallerProfile, (server) => onCustomers(server, { nickname: "Nick" })),
  repeatable(callers.linkAccount, async (server) => {
    const { good, other, bad } = await onCustomers(server, { kind, accountId: freshId() });
    return { good, other: { ...other, accountId: freshId() }, bad };
  }),
  repeatable(callers.unlinkAccount, async (server) => {
    const requests = await onCustomers(server, { kind });
    for (const request of [requests.good, requests.other])
      await server.ok(callers.linkAccount, { ...request, accountId: freshId() });
    return requests;
  }),
  repeatable(levels.createVipLevel, creation("vip_a1")),
  repeatable(levels.updateVipLevel, renaming(madeLevel)),
  repeatable(levels.reorderVipLevels, ordering(madeLevel, levelsInUse)),
  repeatable(levels.archiveVipLevel, naming(madeLevel)),
  repeatable(
    levels.restoreVipLevel,
    naming(async (server) => {
      const id = await madeLevel(server);
      await server.ok(levels.archiveVipLevel, { companyId, id });
      return id;
    }),
  ),
];

let made = 0;

/** UpdateCallerProfile. */
export const profileMaskFixture: MaskFixture = {
  method: callers.updateCallerProfile,
  naming: ["company_id", "customer_id", "etag", "update_mask"],
  moving: ["etag"],
  other: { path: "enterprise_name", set: { enterpriseName: "Outside" } },
  closedPaths: [],
  async make(server) {
    made += 1;
    const id = `cus_prof_${made}`;
    const more = { assigned_staff_id: "staff_a1" };
    await server.insert([
      ["customer", [customer(companyId, id, "biz_a1", "2024-05-01T10:00:00Z", more)]],
      ["customer_profile", [profile(companyId, id)]],
    ]);
    return { companyId, customerId: id };
  },
  async read(server, named) {
    const request = { companyId, customerId: String(named["customerId"]) };
    const { profile: stored } = await server.ok(callers.getCallerProfile, request);
    if (!stored) throw new Error("no profile");
    return messageJson(CallerProfileSchema, stored);
  },
  paths: {
    nickname: text("nickname", "Neo"),
    gender: {
      set: { gender: "GENDER_MALE" },
      after: () => ({ gender: "GENDER_MALE" }),
      cleared: () => ({ gender: "GENDER_UNSPECIFIED" }),
    },
    vip_level_id: {
      set: { vipLevelId: "vip_a2" },
      after: () => ({ vipLevel: { id: "vip_a2", name: "Silver", archived: false } }),
      cleared: () => ({ vipLevel: undefined }),
    },
    blacklisted: {
      set: { blacklisted: false },
      after: () => ({ blacklisted: false }),
      cleared: () => ({ blacklisted: false }),
    },
    enterprise_name: text("enterpriseName", "Neo Ltd."),
    visitor_ids: {
      set: { visitorIds: ["visitor-9"] },
      after: () => ({ visitorIds: ["visitor-9"] }),
      cleared: () => ({ visitorIds: [] }),
    },
    assigned_staff_id: text("assignedStaffId", "staff_a2"),
  },
};
