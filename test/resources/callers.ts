import { CallerLookupService } from "../../src/gen/proto/moego/callcenter/v1/caller_lookup_service_pb.js";
import { CallerProfileSchema, ThirdAccountKind } from "../../src/gen/proto/moego/callcenter/v1/caller_profile_pb.js";
import { CallerService } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { planted } from "../reliability/tenancy/planted.js";
import { profile } from "../support/caller-rows.js";
import { keys } from "../support/fixture-keys.js";
import { customer } from "../support/fixtures.js";
import { messageJson } from "../support/message-json.js";
import { freshId, madeCustomer } from "../support/records.js";
import type { TestServer } from "../support/server.js";
import { entry, type RpcEntry } from "./entry.js";
import { type MaskTraits, text } from "./mask.js";
import { reading } from "./texts.js";

const rpc = CallerService.method;
const companyId = "cmp_a";
const customerId = "cus_a1";
const foreignIds = { customer_id: "cus_c1" };
const kind = ThirdAccountKind.DISCORD;

/** Requests about two customers, and about one that does not exist. */
async function onCustomers<T extends object>(server: TestServer, content: T) {
  const [one, other] = [await madeCustomer(server), await madeCustomer(server)];
  return {
    good: { companyId, customerId: one.id, ...content },
    other: { companyId, customerId: other.id, ...content },
    bad: { companyId, customerId: "cus_z", ...content },
  };
}

async function named(server: TestServer) {
  return { companyId, customerId: (await madeCustomer(server)).id };
}

const readProfile = (_: unknown, { customerId: id }: { readonly customerId: string }) =>
  reading(rpc.getCallerProfile, { companyId, customerId: id });

let made = 0;

/** UpdateCallerProfile. */
const profileMask: MaskTraits = {
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
    const { profile: stored } = await server.ok(rpc.getCallerProfile, request);
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

export const callers: readonly RpcEntry[] = [
  entry(rpc.queryCustomer, {
    request: { companyId, tel: "+12125550101" },
    tenancy: {
      idFields: { id: { expectation: "ignored", why: "a search: nobody found is the answer null" } },
      calls: [
        ...[planted.account, planted.accountOfBoth].flatMap((thirdAccountId) => [
          { name: "an account and an id", json: { id: "cus_a1", thirdAccountId } },
          { name: "an account and a number", json: { tel: "+12125550101", thirdAccountId } },
        ]),
        ...[planted.phone, planted.phoneOfBoth, planted.phoneOfOthers].flatMap((tel) => [
          { name: "a further number", json: { tel } },
          { name: "a further number and an id", json: { id: "cus_a1", tel } },
          ...[planted.account, planted.accountOfBoth].flatMap((thirdAccountId) => [
            { name: "a further number and an account", json: { tel, thirdAccountId } },
            { name: "a further number, an account and an id", json: { id: "cus_a1", tel, thirdAccountId } },
          ]),
        ]),
        ...[planted.leadPhone, planted.leadPhoneOfBoth, planted.phoneOfOthers].flatMap((tel) => [
          { name: "a further number of a lead", json: { tel } },
          { name: "a further number of a lead and its id", json: { id: "lcus_a1", tel } },
        ]),
        { name: "an id alone", json: { id: "cus_a1", tel: "" } },
        { name: "the id and number of a customer", json: { id: "cus_a1", tel: "+12125550101" } },
        ...[{}, { id: planted.customer }].map((id) => ({
          name: "a number and the account of another",
          json: { ...id, tel: planted.onlyPhoneElsewhere, thirdAccountId: planted.onlyAccount },
        })),
        { name: "the number of the neighbor alone", json: { tel: planted.onlyPhone } },
        { name: "the number of another location", json: { tel: planted.onlyPhoneElsewhere }, key: keys.businessA1 },
        { name: "the number of leads", json: { tel: "+12125550121" } },
        { name: "the id and number of a lead", json: { id: "lcus_both", tel: "+12125550121" } },
      ],
    },
  }),
  entry(CallerLookupService.method.lookupCaller, {
    request: { companyId, tel: "+12125550101" },
    tenancy: {
      calls: [
        ...[planted.phone, planted.phoneOfBoth, planted.leadPhone, planted.leadPhoneOfBoth].map((tel) => ({
          ...{ name: "a further number", json: { tel } },
        })),
        { name: "the number of leads", json: { tel: "+12125550121" } },
      ],
    },
  }),
  entry(rpc.getCallerProfile, { request: { companyId, customerId }, foreignIds }),
  entry(rpc.updateCallerProfile, {
    request: { companyId, customerId, nickname: "Ann" },
    foreignIds,
    repeat: (server) => onCustomers(server, { nickname: "Nick" }),
    mask: profileMask,
    texts: { request: named, reading: readProfile },
  }),
  entry(rpc.linkAccount, {
    request: { companyId, customerId, kind, accountId: "account-of-the-suite" },
    foreignIds,
    async repeat(server) {
      const { good, other, bad } = await onCustomers(server, { kind, accountId: freshId() });
      return { good, other: { ...other, accountId: freshId() }, bad };
    },
    texts: { request: async (server) => ({ ...(await named(server)), kind }), reading: readProfile },
  }),
  entry(rpc.unlinkAccount, {
    request: { companyId, customerId, kind },
    foreignIds,
    async repeat(server) {
      const requests = await onCustomers(server, { kind });
      for (const request of [requests.good, requests.other])
        await server.ok(rpc.linkAccount, { ...request, accountId: freshId() });
      return requests;
    },
  }),
];
