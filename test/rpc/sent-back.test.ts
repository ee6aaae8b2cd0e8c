import type { DescMethodUnary, JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CustomFieldAdminService } from "../../src/gen/proto/moego/admin/v1/custom_field_admin_service_pb.js";
import { CustomerSettingAdminService } from "../../src/gen/proto/moego/admin/v1/customer_setting_admin_service_pb.js";
import { DirectoryAdminService } from "../../src/gen/proto/moego/admin/v1/directory_admin_service_pb.js";
import { BusinessService } from "../../src/gen/proto/moego/business/business/v1/business_service_pb.js";
import { CompanyService } from "../../src/gen/proto/moego/business/company/v1/company_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { StaffService } from "../../src/gen/proto/moego/business/staff/v1/staff_service_pb.js";
import { CallerService } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { ExternalApiService } from "../../src/gen/proto/moego/callcenter/v1/external_api_service_pb.js";
import { IvrFlowService } from "../../src/gen/proto/moego/callcenter/v1/ivr_flow_service_pb.js";
import { services } from "../../src/services.js";
import { authorizationOf, keys } from "../support/fixture-keys.js";
import { invalidField } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer({ environment: { EXTERNAL_API_ALLOW: "127.0.0.1:443" } });
afterAll(() => server.stop());

interface Resource {
  readonly get: DescMethodUnary;
  readonly update: DescMethodUnary;
  readonly named: JsonObject;
  /** How the update names it, beside what GET answers. */
  readonly by?: JsonObject;
  /** Member of the update that holds what GET answers. */
  readonly holder?: string;
  /** A member that names another record, and where it is refused. */
  readonly conflict: readonly [JsonObject, string];
}

const companyId = "cmp_a";
const admin = DirectoryAdminService.method;
const settings = CustomerSettingAdminService.method;
const fields = CustomFieldAdminService.method;
const ofCompany = (id: string) => ({ companyId, id });

const resources: readonly Resource[] = [
  {
    ...{ get: CustomerService.method.getCustomer, update: CustomerService.method.updateCustomer },
    ...{ named: { id: "cus_a1" }, conflict: [{ rawId: "1" }, "raw_id"] },
  },
  {
    ...{ get: LeadService.method.getLead, update: LeadService.method.updateLead, holder: "lead" },
    ...{ named: { id: "lcus_a1" }, by: { id: "lcus_a1" }, conflict: [{ id: "lcus_a2" }, "lead.id"] },
  },
  {
    ...{ get: PetService.method.getPet, update: PetService.method.updatePet },
    ...{ named: { customerId: "cus_a1", id: "pet_a1" }, conflict: [{ petCodes: [{ id: "pc_a2" }] }, "pet_codes"] },
  },
  {
    ...{ get: SettingService.method.getService, update: SettingService.method.updateService },
    ...{ named: ofCompany("srv_a1"), by: ofCompany("srv_a1"), conflict: [{ serviceType: "ADDON" }, "service_type"] },
  },
  {
    ...{ get: CompanyService.method.getCompany, update: admin.updateCompany },
    ...{ named: { id: companyId }, by: { companyId }, conflict: [{ id: "cmp_c" }, "id"] },
  },
  {
    ...{ get: BusinessService.method.getBusiness, update: admin.updateBusiness },
    ...{ named: { id: "biz_a1" }, by: ofCompany("biz_a1"), conflict: [{ address: { id: "addr_x" } }, "address.id"] },
  },
  {
    ...{ get: StaffService.method.getStaff, update: admin.updateStaff },
    ...{ named: { id: "staff_a1" }, by: ofCompany("staff_a1") },
    conflict: [{ workingBusinessIds: ["biz_x"] }, "working_businesses.business_ids[0]"],
  },
  {
    ...{ get: CallerService.method.getCallerProfile, update: CallerService.method.updateCallerProfile },
    ...{ named: { companyId, customerId: "cus_a1" }, by: { companyId, customerId: "cus_a1" } },
    conflict: [{ profile: { customerId: "cus_a2" } }, "customer_id"],
  },
  {
    ...{ get: ExternalApiService.method.getExternalApi, update: ExternalApiService.method.updateExternalApi },
    ...{ named: ofCompany("xapi_a1"), by: ofCompany("xapi_a1") },
    conflict: [{ externalApi: { id: "xapi_a2" } }, "id"],
  },
  {
    ...{ get: IvrFlowService.method.getIvrFlow, update: IvrFlowService.method.updateIvrFlow },
    ...{ named: ofCompany("ivr_a1"), by: ofCompany("ivr_a1"), conflict: [{ ivrFlow: { id: "ivr_a2" } }, "id"] },
  },
];

const transports = ["rest", "connect-json"] as const;

async function read({ get, named }: Resource, transport: (typeof transports)[number]): Promise<JsonObject> {
  const answer = await server.callJson(get, named, { transport });
  if (!answer.ok) throw new Error(`${get.name} was refused: ${answer.text}`);
  return answer.message;
}

function sentBack({ by, holder }: Resource, json: JsonObject): JsonObject {
  return { ...by, ...(holder ? { [holder]: json } : json) };
}

function withoutEtag(json: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(json, (name, value) => (name === "etag" ? undefined : value)));
}

/** Without what every write moves. */
function still(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(still);
  if (typeof json !== "object" || json === null) return json;
  const members = Object.entries(json).filter(([name]) => !["etag", "lastUpdatedTime", "lastUpdatedBy"].includes(name));
  return Object.fromEntries(members.map(([name, value]) => [name, still(value)]));
}

describe.each(resources.map((resource) => [resource.update.name, resource] as const))("%s", (_name, resource) => {
  it.each(transports)("takes back over %s what GET answers, and changes nothing", async (transport) => {
    const before = await read(resource, transport);
    const answer = await server.callJson(resource.update, sentBack(resource, before), { transport });
    expect(answer.ok ? [] : [answer.text, answer.violations]).toEqual([]);
    expect(still(await read(resource, transport))).toEqual(still(before));
  });

  it("takes it back again without its etag, though the update has moved its times", async () => {
    const before = await read(resource, "rest");
    const answer = await server.callJson(resource.update, sentBack(resource, withoutEtag(before)), {
      transport: "rest",
    });
    const again = await server.callJson(resource.update, sentBack(resource, withoutEtag(before)), {
      transport: "rest",
    });
    expect([answer, again].flatMap(({ ok, ...refusal }) => (ok ? [] : [refusal]))).toEqual([]);
  });

  it.each([{}, { "idempotency-key": "sent-back" }])("refuses what names another record, with %j", async (headers) => {
    const [conflict, field] = resource.conflict;
    const before = await read(resource, "rest");
    const answer = await server.callJson(resource.update, sentBack(resource, { ...before, ...conflict }), {
      ...{ transport: "rest", headers },
    });
    expect(answer).toMatchObject({ ok: false, violations: [{ field }] });
    expect(still(await read(resource, "rest"))).toEqual(still(before));
  });
});

describe.each([
  ["UpdateLifeCycle", SettingService.method.listLeadsLifeCycles, settings.updateLifeCycle, "is_default"],
  ["UpdateCustomField", SettingService.method.listCustomFields, fields.updateCustomField, "code"],
] as const)("%s, whose list is what can be read,", (_name, list, update, field) => {
  const entries = async () => {
    const answer = await server.callJson(list, { companyId, showArchived: true }, { transport: "rest" });
    const found = answer.ok ? Object.values(answer.message).find(Array.isArray) : undefined;
    return (found ?? []).flatMap((entry) => (isObject(entry) && entry["archived"] === false ? [entry] : []));
  };

  it.each(transports)("takes back over %s what the list has, and changes nothing", async (transport) => {
    const before = await entries();
    expect(before.length).toBeGreaterThan(1);
    for (const entry of before) {
      expect(await server.callJson(update, { companyId, ...entry }, { transport })).toMatchObject({ ok: true });
    }
    const moved = (entry: JsonObject) => ({ ...entry, updateTime: "" });
    expect((await entries()).map(moved)).toEqual(before.map(moved));
  });

  it("refuses what it cannot change", async () => {
    const [entry = {}] = await entries();
    const changed = field === "code" ? { code: "another" } : { isDefault: entry["isDefault"] !== true };
    const answer = await server.callJson(update, { companyId, ...entry, ...changed }, { transport: "rest" });
    expect(answer).toMatchObject({ ok: false, violations: [{ field, reason: "IMMUTABLE" }] });
  });
});

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

describe("a note", () => {
  const { appendCustomerNotes, updateCustomerNote } = CustomerService.method;
  const { appendPetNotes, createPet, getPet, updatePet } = PetService.method;
  const dog = { name: "Rex", type: "DOG", breed: "Mix" };

  it.each(transports)("of a customer is taken back over %s as it was read", async (transport) => {
    const added = await server.ok(appendCustomerNotes, { id: "cus_a1", notes: [{ note: "Old" }] });
    const id = added.notes[0]?.id ?? "";
    const note = { customerId: "cus_a1", noteId: id, id, note: "New", lastUpdatedTime: "2024-01-01T00:00:00Z" };
    const answer = await server.callJson(updateCustomerNote, note, { transport });
    expect(answer).toMatchObject({ ok: true, message: { note: { id, note: "New" } } });
    expect(await server.callJson(updateCustomerNote, { ...note, id: "cxn_x" }, { transport })).toMatchObject({
      ...{ ok: false, violations: [{ field: "id" }] },
    });
  });

  it("of a pet is taken back over REST as it was read", async () => {
    const added = await server.ok(appendPetNotes, { customerId: "cus_a1", id: "pet_a1", notes: [{ content: "Old" }] });
    const note = { id: added.notes[0]?.id ?? "", content: "New" };
    const path = `/v1/customers/cus_a1/pets/pet_a1/notes/${note.id}`;
    const put = async (body: JsonObject) => {
      const response = await fetch(server.app.httpUrl + path, {
        ...{ method: "PUT", body: JSON.stringify(body), headers: { authorization: authorizationOf(keys.a) } },
      });
      return response.status;
    };
    expect([await put(note), await put({ ...note, id: "cxn_x" })]).toEqual([200, 400]);
  });

  it("that was added since does not stop the retry of a pet that was sent back", async () => {
    const made = await server.callJson(createPet, { customerId: "cus_a1", pet: dog }, { transport: "rest" });
    const { pet } = made.ok ? made.message : {};
    const named = { customerId: "cus_a1", id: isObject(pet) ? String(pet["id"]) : "" };
    const read = await server.callJson(getPet, named, { transport: "rest" });
    const sent = { ...(read.ok ? read.message : {}), coat: "Short" };
    const retried = { transport: "rest", headers: { "idempotency-key": "retried" } } as const;
    expect(await server.callJson(updatePet, sent, retried)).toMatchObject({ ok: true });
    await server.ok(appendPetNotes, { ...named, notes: [{ content: "Since" }] });
    expect(await server.callJson(updatePet, sent, retried)).toMatchObject({
      ...{ ok: true, headers: { "idempotency-replayed": "true" }, message: { coat: "Short", notes: [{}] } },
    });
    expect(await server.callJson(updatePet, sent, { transport: "rest" })).toMatchObject({
      violations: [{ field: "notes", reason: "IMMUTABLE" }],
    });
  });
});

describe("a record that lacks what new ones must have", () => {
  const { createLead, promoteLead } = LeadService.method;
  const { getCustomer, updateCustomer } = CustomerService.method;
  const { getPet, listPets, updatePet } = PetService.method;
  const emptied = { preferredBusinessId: "", lastName: "", phone: "" };
  let customer: { readonly id: string };
  let pet: { readonly customerId: string; readonly id: string };

  beforeAll(async () => {
    const lead = { companyId, firstName: "Lena", email: "lena@example.com", pets: [{ name: "Rex", type: "DOG" }] };
    const made = await server.callJson(createLead, { lead }, { transport: "rest" });
    const { customer: promoted } = await server.ok(promoteLead, { id: made.ok ? String(made.message["id"]) : "" });
    customer = { id: promoted?.id ?? "" };
    const { pets } = await server.ok(listPets, { customerId: customer.id });
    pet = { customerId: customer.id, id: pets[0]?.id ?? "" };
  });

  it.each(transports)("is taken back over %s as it was read", async (transport) => {
    const lacking = [
      ...([
        [getCustomer, updateCustomer, customer, emptied],
        [getPet, updatePet, pet, { breed: "" }],
      ] as const),
    ];
    for (const [get, update, named, lacks] of lacking) {
      const before = await read({ get, update, named, conflict: [{}, ""] }, transport);
      expect(before).toMatchObject(lacks);
      const answer = await server.callJson(update, before, { transport });
      expect(answer.ok ? [] : answer.violations).toEqual([]);
      expect(still(await read({ get, update, named, conflict: [{}, ""] }, transport))).toEqual(still(before));
    }
  });

  it("is taken back over gRPC, and with a mask", async () => {
    const paths = ["preferred_business_id", "last_name", "phone", "phones"];
    const stated = { ...customer, companyId, ...emptied };
    expect(await server.ok(updateCustomer, stated)).toMatchObject({ firstName: "Lena", ...emptied });
    expect(await server.ok(updateCustomer, { ...stated, updateMask: { paths } })).toMatchObject(emptied);
    const masked = { ...pet, breed: "", updateMask: { paths: ["breed"] } };
    expect(await server.ok(updatePet, masked)).toMatchObject({ name: "Rex", breed: "" });
  });

  it("cannot lose what it has: all violations are listed, without those of fields that are empty already", async () => {
    const cleared = { ...customer, companyId, ...emptied, firstName: " " };
    expect(await server.refused(updateCustomer, cleared)).toMatchObject(invalidField("first_name", "REQUIRED"));
    const beside = await server.refused(updateCustomer, { ...cleared, email: "not an address" });
    expect(beside.violations).toMatchObject([
      ...[
        { field: "email", reason: "INVALID_FORMAT" },
        { field: "first_name", reason: "REQUIRED" },
      ],
    ]);
  });

  it("cannot lose what it was given since", async () => {
    const given = { preferredBusinessId: "biz_a1", lastName: "Lee", phone: "+12125550123" };
    await server.ok(updateCustomer, { ...customer, companyId, ...given });
    await server.ok(updatePet, { ...pet, breed: "Poodle" });
    const refusal = await server.refused(updateCustomer, { ...customer, companyId, ...emptied });
    expect(refusal.violations).toMatchObject([
      { field: "preferred_business_id", reason: "REQUIRED" },
      { field: "last_name", reason: "REQUIRED" },
      { field: "phone", reason: "REQUIRED" },
    ]);
    const phones = { ...customer, companyId, updateMask: { paths: ["phones"] } };
    expect(await server.refused(updateCustomer, phones)).toMatchObject(invalidField("phones", "REQUIRED"));
    expect(await server.refused(updatePet, { ...pet, breed: " " })).toMatchObject(invalidField("breed", "REQUIRED"));
    expect(await server.ok(getCustomer, customer)).toMatchObject(given);
  });
});

it("every resource that can be read and updated is in the table", () => {
  const methods = services.flatMap((service) => service.methods);
  const updated = methods.filter(({ name }) => name.startsWith("Update"));
  const both = updated.filter(({ name }) => methods.some((get) => get.name === name.replace("Update", "Get")));
  expect(both.map(({ name }) => name).toSorted()).toEqual(resources.map(({ update }) => update.name).toSorted());
});
