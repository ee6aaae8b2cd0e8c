import type { MessageInitShape } from "@bufbuild/protobuf";
import { BatchMode } from "../../src/gen/proto/moego/admin/v1/batch_pb.js";
import { type LeadMatchSchema, LeadUpsertService } from "../../src/gen/proto/moego/admin/v1/lead_upsert_service_pb.js";
import { OnMatch } from "../../src/gen/proto/moego/admin/v1/upsert_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { adminPath } from "../reliability/changing-list.js";
import { plantedIds } from "../reliability/tenancy/external-id-rows.js";
import { foreignId } from "../reliability/tenancy/neighbour.js";
import { planted } from "../reliability/tenancy/planted.js";
import { leadNamed, post } from "../reliability/write-kind.js";
import { type NewLead, newLead } from "../support/new-lead.js";
import { entry, type RpcEntry } from "./entry.js";
import { leadWithTexts } from "./leads.js";
import type { IdFieldException } from "./tenancy.js";
import { reading } from "./texts.js";

const rpc = LeadUpsertService.method;
const companyId = "cmp_a";
const system = "upserts";
const external = (id: string, ofSystem: string = system) => ({ externalId: { system: ofSystem, id } });
const keyed = (id: string, fields: NewLead) => ({ match: external(id), ...newLead(fields) });
let made = 0;

/** A key that no lead has. */
function freshId(): string {
  made += 1;
  return `fresh ${made}`;
}

const isOnlyKey: IdFieldException = {
  expectation: "reference",
  why: "an id beside another key is refused; test/rpc/lead-upsert.test.ts sends one of another tenant alone",
};

const staysAsItIs: IdFieldException = {
  expectation: "ignored",
  why: "a lead that exists keeps its pets, and an earlier call has created it; test/rpc/lead-upsert.test.ts looks at them",
};

const idFields: Readonly<Record<string, IdFieldException>> = {
  "match.id": isOnlyKey,
  "lead.id": { expectation: "reference", why: "must be the id of the match" },
  "lead.company_id": { expectation: "reference", why: "must be the company of the request" },
  "lead.address.id": { expectation: "reference", why: "a lead that is created gets its ids from the server" },
  "lead.notes.id": { expectation: "reference", why: "a lead that is created gets its ids from the server" },
  "lead.pets.id": { expectation: "reference", why: "a lead that is created gets its ids from the server" },
  "lead.pets.pet_codes.id": staysAsItIs,
  "lead.pets.custom_fields.relation.ref_id": staysAsItIs,
  "lead.pets.notes.id": { expectation: "reference", why: "a lead that is created gets its ids from the server" },
};

type LeadMatchInit = MessageInitShape<typeof LeadMatchSchema>;

/** What the neighbour's namesakes would alter (external-id-rows.ts). */
const neighbourCalls: readonly { readonly name: string; readonly match: LeadMatchInit; readonly lead: NewLead }[] = [
  { name: "an external id of the neighbour", match: external(plantedIds.foreign, plantedIds.system), lead: {} },
  { name: "an id of the neighbour", match: { id: foreignId("lcus_a1") }, lead: {} },
  {
    name: "a phone of both, with an id in a system of the neighbour",
    match: { phone: planted.leadPhoneOfBoth, ...external("1", plantedIds.otherSystem) },
    lead: { phone: planted.leadPhoneOfBoth },
  },
  {
    name: "everything of a lead of both",
    match: external(plantedIds.both, plantedIds.system),
    lead: {
      ...{ lastName: "Changed", phones: [{ number: "+12125550199" }], phone: "", address: { address1: "9 Ninth St" } },
      ...{ tags: [{ id: "tag_a3" }], customFields: { field_of_leads: { value: { case: "string", value: "x" } } } },
    },
  },
];

const calls = neighbourCalls.map(({ name, match, lead }) => ({
  ...{ name, request: { companyId, match, ...newLead(lead), complianceConfig: { isConsented: false } } },
}));

const filling = {
  name: "what a lead of both lacks",
  request: {
    ...{ companyId, match: { id: plantedIds.bareLead }, onMatch: OnMatch.FILL_EMPTY },
    ...newLead({ address: { address1: "9 Ninth St" }, tags: [{ id: "tag_a3" }] }),
  },
};

const readLead = (id: string) => reading(LeadService.method.getLead, { id });

export const leadUpserts: readonly RpcEntry[] = [
  entry(rpc.upsertLead, {
    request: { companyId, ...keyed("1", { lastName: "A" }) },
    repeat: async () => {
      const id = freshId();
      return {
        good: { companyId, ...keyed(id, { lastName: "A" }) },
        other: { companyId, ...keyed(id, { lastName: "B" }) },
        bad: { companyId, ...keyed(id, { allocateStaffId: "staff_z" }) },
      };
    },
    texts: {
      request: async () => ({ companyId, ...keyed(freshId(), leadWithTexts) }),
      reading: ({ lead }) => readLead(lead?.id ?? ""),
    },
    tenancy: { idFields, calls: [...calls, filling] },
    once: {
      oneStatement: false,
      doubles: false,
      plan: async (tenant, mark) => {
        const { lead } = leadNamed(tenant, mark);
        const upserted = (lastName: string) => ({
          ...{ match: { externalId: { system, id: mark } }, lead: { ...lead, lastName } },
        });
        const path = `${adminPath(tenant)}/leads:upsert`;
        return { call: post(path, upserted("Ada")), other: post(path, upserted("Eva")), marks: [mark] };
      },
      idOf: (body) => body.lead.id,
      effects: `SELECT first_name AS mark, count(*)::int AS effects, min(id) AS id FROM lead
        WHERE company_id = $1 AND first_name = ANY($2) GROUP BY 1`,
    },
  }),
  entry(rpc.batchUpsertLeads, {
    request: { companyId, items: [keyed("2", { lastName: "A" }), keyed("3", { lastName: "B" })] },
    repeat: async () => {
      const [one, two] = [freshId(), freshId()];
      const items = (lastName: string) => [keyed(one, { lastName: "A" }), keyed(two, { lastName })];
      return {
        good: { companyId, items: items("B") },
        other: { companyId, items: items("C") },
        bad: { companyId, items: [keyed(one, { lastName: "A" }), keyed(two, { phone: "12" })] },
      };
    },
    withoutSecret: ({ results }) => {
      for (const result of results) result.replayed = false;
    },
    texts: {
      request: async () => ({ companyId, mode: BatchMode.EACH, items: [keyed(freshId(), leadWithTexts)] }),
      reading: ({ results }) => results.map(({ id }) => readLead(id)),
    },
    tenancy: {
      idFields: Object.fromEntries(Object.entries(idFields).map(([path, why]) => [`items.${path}`, why])),
    },
  }),
];
