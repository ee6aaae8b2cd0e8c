import type { Tables } from "../../src/demo/demo-rows.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { lead } from "../support/lead-rows.js";
import { newLead } from "../support/new-lead.js";
import {
  byUpdate,
  company,
  descending,
  everything,
  type ListFixture,
  list,
  minute,
  numbers,
  placeOf,
  rowId,
  updateOf,
} from "./list-fixture.js";
import type { Repeatable } from "./repeatable.js";
import { nameOf, type RpcFixture, rpcFixture } from "./rpc-fixture.js";

const rpc = LeadService.method;
const ofLeadC = { id: "lcus_c1" };

export const leadRpcFixtures: readonly RpcFixture[] = [
  rpcFixture(rpc.createLead, { request: newLead() }),
  rpcFixture(rpc.getLead, { request: { id: "lcus_a1" }, foreignIds: ofLeadC }),
  rpcFixture(rpc.updateLead, { request: { id: "lcus_a1", lead: { lastName: "Changed" } }, foreignIds: ofLeadC }),
  rpcFixture(rpc.listLeads, { request: { companyId: "cmp_a", pagination: {} } }),
  rpcFixture(rpc.promoteLead, {
    request: async (server) => ({ id: (await server.ok(rpc.createLead, newLead())).id }),
    foreignIds: ofLeadC,
  }),
];

/** The rpcs of LeadService that write. */
export const leadRepeatables: readonly Repeatable[] = [
  {
    name: nameOf(rpc.createLead),
    prepare: async (server) => ({
      send: ({ variant = "A", ...options }) => server.call(rpc.createLead, newLead({ lastName: variant }), options),
      refuse: (options) => server.call(rpc.createLead, newLead({ allocateStaffId: "staff_z" }), options),
    }),
  },
  {
    name: nameOf(rpc.updateLead),
    async prepare(server) {
      const { id } = await server.ok(rpc.createLead, newLead());
      return {
        send: ({ variant = "A", ...options }) =>
          server.call(rpc.updateLead, { id, lead: { lastName: variant } }, options),
        refuse: (options) => server.call(rpc.updateLead, { id, lead: { etag: "old" } }, options),
      };
    },
  },
  {
    name: nameOf(rpc.promoteLead),
    async prepare(server) {
      const { id } = await server.ok(rpc.createLead, newLead());
      const { id: otherId } = await server.ok(rpc.createLead, newLead());
      return {
        send: ({ variant, ...options }) => server.call(rpc.promoteLead, { id: variant ? otherId : id }, options),
        refuse: (options) => server.call(rpc.promoteLead, { id: "lcus_a9" }, options),
      };
    },
  },
];

const row = (id: string, created: number, updated: number) =>
  lead(company, id, "biz_l", minute(created), { last_updated_time: minute(updated) });

export const leadListTables: Tables = [["lead", numbers.map((n) => row(rowId(n), placeOf(n), updateOf(n)))]];

export const leadListFixtures: readonly ListFixture[] = [
  list(rpc.listLeads, "newest first", {
    request: { companyId: company },
    otherRequest: { companyId: company, filter: { email: "other@example.com" } },
    ids: descending,
    table: "lead",
    stranger: (id, place) => row(id, place, 0),
  }),
  list(rpc.listLeads, "in the order of change under a last_updated_time filter", {
    request: { companyId: company, filter: { lastUpdatedTime: { startTime: everything } } },
    otherRequest: { companyId: company },
    ids: byUpdate,
    table: "lead",
    stranger: (id, place) => row(id, 0, place),
  }),
  list(rpc.listLeads, "newest first under a filter by location", {
    request: { companyId: company, filter: { preferredBusinessIds: ["biz_l"] } },
    otherRequest: { companyId: company, filter: { preferredBusinessIds: ["biz_l", "biz_x"] } },
    ids: descending,
    table: "lead",
    stranger: (id, place) => row(id, place, 0),
  }),
];
