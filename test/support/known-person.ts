import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import type { Canaries } from "./canaries.js";
import { newCustomer } from "./new-customer.js";
import { newLead } from "./new-lead.js";
import { sellPackage } from "./new-package.js";
import { minimalPet } from "./new-pet.js";
import type { TestServer } from "./server.js";

const companyId = "cmp_a";
const { createCustomer, updateCustomer, appendCustomerNotes, genCustomerCofLink } = CustomerService.method;
let calls = 0;

/** A record of company A, and every id that was given within it. */
export interface Known {
  readonly id: string;
  readonly ids: readonly string[];
}

/** A lead with a canary in every text that it, its address and its pet can carry. */
export async function knownLead(server: TestServer, canaries: Canaries): Promise<Known> {
  const lead = await server.ok(
    LeadService.method.createLead,
    {
      consentProvenance: { source: 1, evidence: evidenceWith(canaries) },
      ...newLead({
        ...{ firstName: canaries.text("first"), lastName: canaries.text("last"), avatar: canaries.url("avatar") },
        source: canaries.text("source-of-lead"),
        ...{ phone: "", phones: phonesWith(canaries), email: canaries.email("mail"), address: addressWith(canaries) },
        pets: [petWith(canaries)],
        externalIds: [{ system: "crm", id: canaries.text("external-of-lead") }],
        customFields: { field_of_leads: { value: { case: "string", value: canaries.text("field") } } },
      }),
    },
    claimed(),
  );
  const admin = LeadAdminService.method;
  const { notes } = await server.ok(
    admin.appendLeadNotes,
    { companyId, id: lead.id, notes: [{ note: canaries.text("note-of-lead") }] },
    claimed(),
  );
  const pets = lead.pets.flatMap((pet) => [pet.id, ...pet.notes.map(({ id }) => id)]);
  return {
    id: lead.id,
    ids: [lead.id, lead.address?.id ?? "", ...pets, ...notes.map((note) => note.id)].filter((id) => id !== ""),
  };
}

/** A customer that was a lead, with a canary in every text that it and what belongs to it can carry. */
export async function knownCustomer(server: TestServer, canaries: Canaries): Promise<Known> {
  const lead = await knownLead(server, canaries);
  const promoted = await server.ok(LeadService.method.promoteLead, { id: lead.id }, claimed());
  const named = { companyId, id: promoted.customer?.id ?? "" };
  const fields = {
    field_short: { value: { case: "string", value: canaries.text("short") } },
    field_long: { value: { case: "string", value: canaries.text("long") } },
  } as const;
  const more = {
    ...{ avatarPath: canaries.url("newavatar"), phones: phonesWith(canaries), email: canaries.email("newmail") },
    ...{ source: canaries.text("source"), preferredBusinessId: "biz_a1", notes: [{ note: canaries.text("note") }] },
    ...{ address: addressWith(canaries), customFields: fields, complianceConfig: { isConsented: true } },
    consentProvenance: { source: 1, evidence: evidenceWith(canaries) },
    externalIds: [{ system: "crm", id: canaries.text("external") }],
  };
  const customer = await server.ok(updateCustomer, { ...named, ...more }, claimed());
  const noted = await server.ok(
    appendCustomerNotes,
    { id: named.id, notes: [{ note: canaries.text("appended") }] },
    claimed(),
  );
  await server.ok(genCustomerCofLink, { id: named.id }, claimed());
  await enterCard(server, named.id, canaries);
  const { pet } = await server.ok(
    PetService.method.createPet,
    { customerId: named.id, pet: petWith(canaries) },
    claimed(),
  );
  await server.ok(CustomerAdminService.method.archiveCustomer, named, claimed());
  await server.ok(CustomerAdminService.method.restoreCustomer, named, claimed());
  await usePackage(server, named.id, canaries);
  const given = [...customer.address, ...customer.notes, ...noted.notes, ...(pet?.notes ?? [])].map(({ id }) => id);
  return { id: named.id, ids: [...new Set([...lead.ids, named.id, pet?.id ?? "", ...given])] };
}

/** As a confirmation of the payment provider stores it. */
async function enterCard(server: TestServer, customerId: string, canaries: Canaries): Promise<void> {
  await server.database.owner.query("UPDATE card_link SET provider_session_id = $1 WHERE customer_id = $2", [
    ...[canaries.text("session"), customerId],
  ]);
  const named = { company_id: companyId, id: `card_${customerId}`.slice(0, 30), customer_id: customerId };
  const ofProvider = {
    ...{ provider: "stripe", provider_customer_id: canaries.text("payer"), payment_method_id: canaries.text("method") },
    ...{ brand: canaries.text("brand"), last_four: canaries.text("four"), expiry_month: 1, expiry_year: 2031 },
  };
  // Generated ids sort before those of the fixtures.
  const notTheSame = { company_id: companyId, customer_id: customerId, other_customer_id: "cus_a1" };
  await server.insert([["dismissed_duplicate", [notTheSame]]]);
  await server.insert([["customer_card", [{ ...named, ...ofProvider, created_time: "2026-01-01T00:00:00Z" }]]]);
}

/** The custom fields of `pointTo`. */
export async function addRelationFields(server: TestServer): Promise<void> {
  const field = { company_id: companyId, type: 8, label: "Relation", options: [], source: 1 };
  const times = { created_time: "2023-01-01T00:00:00Z", last_updated_time: "2023-01-01T00:00:00Z" };
  const more = { ...field, ...times, is_required: false, display_order: 9, help_text: "" };
  const version = { last_updated_by: "", version: 1 };
  await server.insert([
    [
      "custom_field",
      [
        { ...more, ...version, id: "cf_relation_too", association_type: 1, code: "field_relation_too" },
        { ...more, ...version, id: "cf_leads_relation", association_type: 2, code: "field_of_leads_relation" },
      ],
    ],
  ]);
}

/** Another customer, another lead and a default of company A that point to the record by its id and by its number. */
export async function pointTo(server: TestServer, entity: "CUSTOMER" | "LEAD", id: string): Promise<string> {
  const { owner } = server.database;
  const { rows } = await owner.query<{ raw_id: string }>(
    `SELECT raw_id FROM ${entity.toLowerCase()} WHERE company_id = $1 AND id = $2`,
    [companyId, id],
  );
  const number = entity === "LEAD" ? 2 : 1;
  const byId = { value: { case: "relation", value: { entity: number, refId: id } } } as const;
  const byNumber = {
    value: { case: "relation", value: { entity: number, id: BigInt(rows[0]?.raw_id ?? 0) } },
  } as const;
  const customFields = { field_relation: byId, field_relation_too: byNumber, field_number: seven };
  const pointing = await server.ok(createCustomer, newCustomer({ customFields }));
  await server.ok(LeadService.method.createLead, newLead({ customFields: { field_of_leads_relation: byId } }));
  const pet = { ...minimalPet, customFields: { field_relation: byId, field_number: seven } };
  await server.ok(PetService.method.createPet, { customerId: pointing.id, pet });
  await server.ok(LeadService.method.createLead, newLead({ pets: [{ ...pet, name: "Of a lead" }] }));
  const setting = { entity, refId: id, id: "0" };
  await owner.query("UPDATE custom_field SET default_value = $1 WHERE code = 'field_relation_too'", [
    { relation: setting },
  ]);
  return pointing.id;
}

const seven = { value: { case: "int64", value: 7n } } as const;

async function usePackage(server: TestServer, customerId: string, canaries: Canaries): Promise<void> {
  const { redeemPackage, refundPackage, adjustPackage } = PackageAdminService.method;
  const texts = { packageName: canaries.text("package"), packageDesc: canaries.text("description") };
  const externalIds = [{ system: "crm", id: canaries.text("external-of-package") }];
  const { on, item } = await sellPackage(server, { ...texts, customerId, externalIds });
  const uses = { appointmentId: canaries.text("appointment"), orderId: canaries.text("order") };
  const redemption = { ...on, ...uses, packageServiceId: item, quantity: 2, note: canaries.text("redeemed") };
  const { ledgerEntry } = await server.ok(redeemPackage, redemption, claimed());
  const ledgerEntryId = ledgerEntry?.id ?? "";
  await server.ok(refundPackage, { ...on, ledgerEntryId, quantity: 1, note: canaries.text("refunded") }, claimed());
  const correction = { ...on, packageServiceId: item, change: -1, reason: canaries.text("reason") };
  await server.ok(adjustPackage, correction, claimed());
}

function phonesWith(canaries: Canaries) {
  const person = () => ({ number: canaries.phone(), personName: canaries.text("person"), belongsTo: 3 });
  return [{ ...person(), extension: "12" }, person()];
}

function addressWith(canaries: Canaries) {
  return {
    ...{ address1: canaries.text("street"), address2: canaries.text("flat"), city: canaries.text("city") },
    ...{ state: canaries.text("state"), postalCode: canaries.text("zip"), country: "US" },
  };
}

function evidenceWith(canaries: Canaries) {
  return { reference: canaries.text("page"), address: canaries.text("browser"), language: "en-US" };
}

function petWith(canaries: Canaries) {
  return {
    ...{ name: canaries.text("pet"), type: 2, breed: canaries.text("breed"), fixed: "yes" },
    ...{ coat: canaries.text("coat"), behavior: canaries.text("behavior"), photo: canaries.url("photo") },
    ...{ microchip: canaries.text("chip"), color: canaries.text("color"), allergies: canaries.text("allergies") },
    ...{ feeding: canaries.text("feeding"), medication: canaries.text("medication") },
    ...{ specialNeeds: canaries.text("needs"), birthday: { year: 2019 } },
    customFields: { field_short: { value: { case: "string", value: canaries.text("petfield") } } } as const,
    ...{ petCodes: [{ id: "pc_a1" }], notes: [{ content: canaries.text("petnote") }] },
    vaccinations: [{ name: canaries.text("vaccine") }],
    externalIds: [{ system: "crm", id: canaries.text("external-of-pet") }],
    vet: { name: canaries.text("vet"), phoneNumber: canaries.phone(), address: canaries.text("vetstreet") },
  };
}

/** A key of its own for each call, so that the claim holds what the call made. */
function claimed() {
  calls += 1;
  return { headers: { "idempotency-key": `call-${calls}` } };
}
