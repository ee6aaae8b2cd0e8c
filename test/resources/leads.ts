import type { Row } from "../../src/demo/demo-directory.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { archiveLead, restoreLead } from "../model/archive-commands.js";
import { createLead, getLead as getLeadCommand, promoteLead } from "../model/lead-commands.js";
import { listLeads } from "../model/list-commands.js";
import { updateLead } from "../model/update-lead.js";
import { adminPath, done, either, newId, someTime } from "../reliability/changing-list.js";
import { plantedIds } from "../reliability/tenancy/external-id-rows.js";
import { locationKey } from "../reliability/tenancy/location-key.js";
import { contactsOfBoth, planted } from "../reliability/tenancy/planted.js";
import { leadNamed, post } from "../reliability/write-kind.js";
import { keys } from "../support/fixture-keys.js";
import { lead } from "../support/lead-rows.js";
import { aDog, newLead } from "../support/new-lead.js";
import { freshId, madeLead } from "../support/records.js";
import type { TestServer } from "../support/server.js";
import { newTag, noteOfNeighbour } from "./customers.js";
import { entry, type RpcEntry } from "./entry.js";
import { leadMask } from "./lead-mask.js";
import { peopleCalls } from "./list-calls.js";
import { petWithTexts } from "./pets.js";
import { onWhole } from "./repeat.js";
import { bringsAuthors, bringsIds, isFilter, isNamed } from "./tenancy.js";
import { reading, times } from "./texts.js";
import { byUpdate, company, descending, everything, minute, numbers, placeOf, rowId, updateOf } from "./walk.js";

const rpc = LeadService.method;
const admin = LeadAdminService.method;
const companyId = "cmp_a";
const foreignIds = { id: "lcus_c1" };

/** Places for texts. */
const withTexts = {
  address: {},
  phones: [{ number: "+12125550122" }, { number: "+12125550123" }],
  externalIds: [{ system: "texts" }],
  pets: times(3, petWithTexts),
  customFields: { field_of_leads: { value: { case: "string", value: "x" } } as const },
};
export const leadWithTexts = { ...withTexts, tags: times(3, {}), notes: times(3, {}) };
const read = (id: string) => reading(rpc.getLead, { id });

async function archived(server: TestServer) {
  const named = await madeLead(server);
  await server.ok(admin.archiveLead, named);
  return named;
}

const row = (id: string, created: number, updated: number): Row =>
  lead(company, id, "biz_l", minute(created), { last_updated_time: minute(updated) });
const newestFirst = { ids: descending, table: "lead", stranger: (id: string, place: number) => row(id, place, 0) };

const ofLead = (value: string) => ({ subject: { case: "leadId", value } }) as const;
const stage = (place: number, more: Row): Row => ({
  ...{ company_id: company, lead_id: rowId(0), kind: 2, value_id: null, started_time: minute(place), ...more },
});

export const leads: readonly RpcEntry[] = [
  entry(rpc.createLead, {
    request: newLead(),
    repeat: async () => ({
      good: newLead({ lastName: "A" }),
      other: newLead({ lastName: "B" }),
      bad: newLead({ allocateStaffId: "staff_z" }),
    }),
    texts: { request: newLead(leadWithTexts), reading: ({ id }) => read(id) },
    tenancy: {
      keepsWrites: "reads in a second statement what the first one wrote",
      calls: [
        { name: "contacts of both", json: { lead: contactsOfBoth } },
        { name: "a new tag", json: { lead: { tags: newTag } } },
      ],
    },
    once: {
      oneStatement: true,
      doubles: true,
      plan: async (tenant, mark) => ({
        call: post("leads", leadNamed(tenant, mark)),
        other: post("leads", { ...leadNamed(tenant, mark), complianceConfig: { isConsented: true } }),
        marks: [mark],
      }),
      idOf: (body) => body.id,
      effects: `SELECT first_name AS mark, count(*)::int AS effects, min(id) AS id FROM lead
        WHERE company_id = $1 AND first_name = ANY($2) GROUP BY 1`,
    },
    model: { command: createLead, weights: { leads: 4, lists: 1 } },
  }),
  entry(rpc.getLead, {
    request: { id: "lcus_a1" },
    foreignIds,
    tenancy: { calls: [{ name: "promoted to the neighbour's", ids: { id: planted.promotedLead } }] },
    model: { command: getLeadCommand, weights: { leads: 1 } },
  }),
  entry(rpc.updateLead, {
    request: { id: "lcus_a1", lead: { lastName: "Changed" } },
    foreignIds,
    async repeat(server) {
      const { id } = await madeLead(server);
      return {
        good: { id, lead: { lastName: "A" } },
        other: { id, lead: { lastName: "B" } },
        bad: { id, lead: { etag: "old" } },
      };
    },
    mask: leadMask,
    texts: {
      request: async (server) => ({ id: (await madeLead(server)).id, lead: leadWithTexts }),
      reading: (_, { id }) => read(id),
    },
    tenancy: {
      idFields: {
        "lead.address.id": { expectation: "outside", why: "a lead has one address, which is replaced as a whole" },
      },
      calls: [
        { name: "a new tag", json: { lead: { tags: newTag } } },
        { name: "a note of the neighbour's namesake", json: { lead: { notes: noteOfNeighbour } } },
        { name: "no external ids", json: { lead: { externalIds: [] }, updateMask: "externalIds" } },
      ],
    },
    model: { command: updateLead, weights: { leads: 4, lists: 1 } },
  }),
  entry(rpc.listLeads, {
    request: { companyId, pagination: {} },
    rows: [["lead", numbers.map((n) => row(rowId(n), placeOf(n), updateOf(n)))]],
    walks: [
      {
        ...newestFirst,
        order: "newest first",
        request: { companyId: company },
        otherRequest: { companyId: company, filter: { email: "other@example.com" } },
      },
      {
        order: "in the order of change under a last_updated_time filter",
        request: { companyId: company, filter: { lastUpdatedTime: { startTime: everything } } },
        otherRequest: { companyId: company },
        ids: byUpdate,
        table: "lead",
        stranger: (id, place) => row(id, 0, place),
      },
      {
        ...newestFirst,
        order: "newest first under a filter by location",
        request: { companyId: company, filter: { preferredBusinessIds: ["biz_l"] } },
        otherRequest: { companyId: company, filter: { preferredBusinessIds: ["biz_l", "biz_x"] } },
      },
    ],
    changing: {
      name: "leads",
      path: () => "leads:list",
      request: ({ companyId }) => ({ companyId }),
      rows: "leads",
      async insert(place) {
        const lead = { firstName: "Lea", phone: "+12125550199", companyId: place.companyId };
        if (either([true, false])) return (await done(place, "leads", { lead })).id;
        return (await done(place, `${adminPath(place)}/leads:import`, { id: newId(), lead, createdTime: someTime() }))
          .lead.id;
      },
      async update(place, id) {
        await done(place, `leads/${id}`, { lead: { lastName: `Listed ${newId()}` } }, "PUT");
      },
      async remove(place, id) {
        const action = either(["archive", "erase", "promote"]);
        if (action === "promote") await done(place, "leads:promote", { id });
        else await done(place, `${adminPath(place)}/leads/${id}:${action}`, {});
      },
    },
    tenancy: {
      idFields: { business_ids: isFilter },
      calls: [
        {
          name: "an external id of the neighbour",
          json: { filter: { externalIds: [{ system: plantedIds.system, id: plantedIds.foreign }] } },
        },
        ...["+12125550121", planted.leadPhone, planted.leadPhoneOfBoth].map((mainPhoneNumber) => ({
          ...{ name: "a number", json: { filter: { mainPhoneNumber } } },
        })),
        ...peopleCalls({
          ...{ lifeCycleId: "lc_a1", actionStatusId: "as_a1", allocateStaffIds: ["staff_a1"] },
          customFields: [{ field: "field_of_leads", values: ["Kept"] }],
        }),
      ],
    },
    model: { command: listLeads, weights: { leads: 2, lists: 3 } },
  }),
  entry(rpc.promoteLead, {
    request: async (server) => ({ id: (await madeLead(server)).id }),
    foreignIds,
    repeat: async (server) => ({
      good: { id: (await madeLead(server)).id },
      other: { id: (await madeLead(server)).id },
      bad: { id: "lcus_a9" },
    }),
    tenancy: {
      idFields: { id: isNamed },
      calls: [
        { name: "promoted to the neighbour's", ids: { id: planted.promotedLead } },
        { name: "a lead of both", ids: { id: "lcus_a1" } },
        { name: "a lead of both without a number", ids: { id: planted.quietLead } },
        { name: "a lead of a company with a limit", ids: { id: planted.limitedLead }, key: keys.quota },
        {
          ...{ name: "a lead of a company with a limit, with numbers", ids: { id: planted.limitedLeadWithNumbers } },
          key: keys.quota,
        },
      ],
    },
    once: {
      oneStatement: false,
      doubles: false,
      async plan(tenant, mark, send) {
        const { id } = await send(post("leads", leadNamed(tenant, mark)));
        const { id: otherId } = await send(post("leads", leadNamed(tenant, "Other")));
        return {
          call: post("leads:promote", { id }),
          other: post("leads:promote", { id: otherId }),
          marks: [id, otherId],
        };
      },
      idOf: (body) => body.customer.id,
      effects: `SELECT source_lead_id AS mark, count(*)::int AS effects, min(id) AS id FROM customer
        WHERE company_id = $1 AND source_lead_id = ANY($2) GROUP BY 1`,
    },
    model: { command: promoteLead, weights: { leads: 4 } },
  }),
  entry(admin.listLeadHistory, {
    request: { companyId, ...ofLead("lcus_a1"), pagination: {} },
    foreignIds: { lead_id: "lcus_c1" },
    rows: [["lead_history", numbers.map((n) => stage(placeOf(n), { id: n + 1 }))]],
    walks: [
      {
        order: "newest first",
        request: { companyId: company, ...ofLead(rowId(0)) },
        otherRequest: { companyId: company, ...ofLead(rowId(1)) },
        ids: numbers.map((n) => String(n + 1)).toReversed(),
        table: "lead_history",
        strangersAreForeign: true,
        stranger: (_, place) => stage(place, { lead_id: rowId(2) }),
      },
    ],
    tenancy: {
      idFields: { customer_id: isNamed, lead_id: isNamed },
      calls: [
        ...["lcus_a2", planted.promotedLeadOfOwn].flatMap((lead_id) => [
          { name: `a lead of both, ${lead_id}`, ids: { lead_id } },
          { name: `a lead of both, ${lead_id}, second page`, ids: { lead_id }, isSecondPage: true },
        ]),
        { name: "promoted to the neighbour's", ids: { lead_id: planted.promotedLead } },
        { name: "promoted to another location", ids: { lead_id: planted.promotedLeadOfOwn }, key: keys.businessA1 },
      ],
    },
  }),
  entry(admin.archiveLead, {
    request: madeLead,
    foreignIds,
    repeat: onWhole(madeLead),
    model: { command: archiveLead, weights: { leads: 1 } },
  }),
  entry(admin.restoreLead, {
    request: madeLead,
    foreignIds,
    repeat: onWhole(archived),
    model: { command: restoreLead, weights: { leads: 1 } },
  }),
  entry(admin.eraseLead, {
    request: madeLead,
    foreignIds,
    repeat: onWhole(madeLead),
    tenancy: { calls: [{ name: "a lead of both", ids: { id: "lcus_a1" } }] },
  }),
  entry(admin.importLead, {
    request: async () => ({ companyId, id: freshId(), ...newLead({ pets: [{ ...aDog, id: freshId() }] }) }),
    repeat: async () => ({
      good: { companyId, id: freshId(), ...newLead() },
      other: { companyId, id: freshId(), ...newLead() },
      bad: { companyId, id: "lcus_a1", ...newLead() },
    }),
    texts: {
      request: async () => ({ companyId, id: freshId(), ...newLead(withTexts) }),
      reading: (_, { id }) => read(id),
    },
    tenancy: {
      idFields: {
        "lead.company_id": { expectation: "reference", why: "must be the company of the path" },
        "notes.id": bringsIds,
        "notes.last_updated_by": bringsAuthors,
        // Another one: `notes.id` imports the first one into the same company.
        "lead.notes.id": { ...bringsIds, id: "cxn_a2" },
        "lead.notes.last_updated_by": bringsAuthors,
        "lead.pets.id": bringsIds,
        "lead.pets.notes.id": bringsIds,
        "lead.pets.notes.last_updated_by": bringsAuthors,
        "lead.pets.created_by": bringsAuthors,
        "lead.pets.last_updated_by": bringsAuthors,
      },
      calls: [{ name: "own sent again by another location", isRepeated: true, key: locationKey }],
    },
  }),
];
