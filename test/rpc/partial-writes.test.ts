import { create, type DescMethodUnary, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { afterAll, describe, expect, it } from "vitest";
import { CustomFieldAdminService } from "../../src/gen/proto/moego/admin/v1/custom_field_admin_service_pb.js";
import { CustomerSettingAdminService } from "../../src/gen/proto/moego/admin/v1/customer_setting_admin_service_pb.js";
import { DirectoryAdminService } from "../../src/gen/proto/moego/admin/v1/directory_admin_service_pb.js";
import { PackageTemplateService } from "../../src/gen/proto/moego/admin/v1/package_template_service_pb.js";
import { PetSettingAdminService } from "../../src/gen/proto/moego/admin/v1/pet_setting_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { Pet_Type, PetSchema } from "../../src/gen/proto/moego/business/customer/v1/pet_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { ServiceItemType, ServiceType } from "../../src/gen/proto/moego/business/setting/v1/service_pb.js";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { Weight_Unit } from "../../src/gen/proto/moego/common/v1/weight_pb.js";
import { newCustomer } from "../support/new-customer.js";
import { newLead } from "../support/new-lead.js";
import { startServer, succeeded } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { createCustomer, getCustomer, updateCustomer } = CustomerService.method;
const { createLead, updateLead } = LeadService.method;
const fields = CustomFieldAdminService.method;
const settings = CustomerSettingAdminService.method;
const { createPet, updatePet } = PetService.method;
const directory = DirectoryAdminService.method;
const petSettings = PetSettingAdminService.method;
const catalog = SettingService.method;
const companyId = "cmp_a";

/** Sends JSON as a client writes it. */
async function sent(method: DescMethodUnary, request: JsonObject, transport: "rest" | "connect-json" = "rest") {
  const answer = await server.callJson(method, request, { transport });
  succeeded(method, answer);
  return answer.ok ? answer.message : {};
}

const lines = { address1: "1 Main St", address2: "Apt 2", city: "Dayton", state: "OH", postalCode: "45402" };
const home = { ...lines, country: "US", coordinate: { latitude: 39.7, longitude: -84.2 } };

describe.each(["rest", "connect-json"] as const)("an address in JSON over %s", (transport) => {
  const cases: readonly [string, JsonObject, JsonObject][] = [
    ["keeps the lines that are absent", { city: "Troy" }, { ...home, city: "Troy" }],
    ["loses the lines that are sent empty", { address2: "", zip: null }, { ...home, address2: "", postalCode: "" }],
    ["loses a line that is sent as null alone", { address2: null }, { ...home, address2: "" }],
    ["keeps everything for an object without a line", { type: "PRIMARY" }, home],
  ];

  it.each(cases)("of a customer %s", async (_what, address, expected) => {
    const { id, address: made } = await server.ok(createCustomer, newCustomer({ address: home }));
    const byPlace = await sent(updateCustomer, { id, companyId, address }, transport);
    expect(byPlace["address"]).toMatchObject([expected]);
    const again = await sent(
      updateCustomer,
      { id, companyId, address: { id: made[0]?.id ?? "", ...address } },
      transport,
    );
    expect(again["address"]).toEqual(byPlace["address"]);
  });

  it.each(cases)("of a lead %s", async (_what, address, expected) => {
    const { id } = await server.ok(createLead, newLead({ address: home }));
    const updated = await sent(updateLead, { id, lead: { address } }, transport);
    expect(updated["address"]).toMatchObject(expected);
  });
});

describe("several addresses", () => {
  async function withTwo() {
    const made = await server.ok(createCustomer, newCustomer({ address: home }));
    const second = { ...lines, address1: "2 Side St", type: "SECONDARY" };
    const { address } = await sent(updateCustomer, { id: made.id, companyId, address: second });
    const [primary = {}, secondary = {}] = Array.isArray(address) ? address.map(member) : [];
    return { id: made.id, companyId, primary, secondary };
  }
  const member = (value: unknown): JsonObject => (typeof value === "object" && value !== null ? { ...value } : {});

  it("are changed by id in the list that an answer has, and the others stay", async () => {
    const { primary, secondary, ...named } = await withTwo();
    const address = [{ id: secondary["id"] ?? "", city: "Troy", address2: "" }];
    expect((await sent(updateCustomer, { ...named, address }))["address"]).toEqual([
      primary,
      { ...secondary, city: "Troy", address2: "" },
    ]);
  });

  it("swap their types in one list, and a third one is added", async () => {
    const { primary, secondary, ...named } = await withTwo();
    const address = [
      { ...primary, type: "SECONDARY" },
      { ...secondary, type: "PRIMARY" },
      { street: "3 New St", type: "SECONDARY" },
    ];
    const { address: changed } = await sent(updateCustomer, { ...named, address });
    expect(changed).toHaveLength(3);
    expect(changed).toEqual(expect.arrayContaining([{ ...primary, type: "SECONDARY" }]));
    expect(changed).toEqual(expect.arrayContaining([{ ...secondary, type: "PRIMARY" }]));
  });

  it("are removed when their last line is cleared, and all of them by an empty list", async () => {
    const { primary, secondary, ...named } = await withTwo();
    const noLines = Object.fromEntries(Object.keys(lines).map((line) => [line, ""]));
    const removed = await sent(updateCustomer, { ...named, address: { id: secondary["id"] ?? "", ...noLines } });
    expect(removed["address"]).toEqual([primary]);
    expect((await sent(updateCustomer, { ...named, address: [] }))["address"]).toEqual([]);
  });

  it("replace all of them under a mask, which may clear a line of any", async () => {
    const { primary, secondary, ...named } = await withTwo();
    const id = secondary["id"] ?? "";
    const line = await sent(updateCustomer, { ...named, address: { id }, updateMask: "address.address2" });
    expect(line["address"]).toEqual([primary, { ...secondary, address2: "" }]);
    const whole = { ...named, address: [{ id, city: "Troy" }], updateMask: "address" };
    expect((await sent(updateCustomer, whole))["address"]).toMatchObject([{ id, city: "Troy", address1: "" }]);
  });

  it("are refused where they contradict each other", async () => {
    const { primary, secondary, ...named } = await withTwo();
    const refused = async (address: JsonObject[], more: JsonObject = {}) => {
      const answer = await server.callJson(updateCustomer, { ...named, address, ...more }, { transport: "rest" });
      return answer.ok ? [] : answer.violations.map(({ field, reason }) => `${field} ${reason}`);
    };
    const id = secondary["id"] ?? "";
    expect(await refused([{ id: "addr_x" }, { id }, { id }])).toEqual([
      "addresses[0].id NOT_FOUND",
      "addresses[2].id DUPLICATE_FIELD",
    ]);
    expect(await refused([{ city: "A" }, { city: "B" }])).toEqual(["addresses[1].id REQUIRED"]);
    expect(await refused([{ id, city: "A" }], { updateMask: "email" })).toEqual(["addresses NOT_ALLOWED"]);
  });
});

const vet = { name: "Dr. Vo", phoneNumber: "+12125550188", address: "9 Elm" };
const newPet = create(PetSchema, {
  ...{ name: "Rex", type: Pet_Type.DOG, breed: "Mix", coat: "Short", vet },
  ...{ weight: { value: 30, unit: Weight_Unit.POUND }, vaccinations: [{ name: "Rabies" }] },
});
const dog = { name: "Rex", type: "DOG", breed: "Mix", coat: "Short" };
const petParts = { ...dog, vet, weight: { value: 30, unit: "POUND" }, vaccinations: [{ name: "Rabies" }] };

/** Changes to a pet, and what it is like after them. */
const petChanges: readonly [string, JsonObject, JsonObject][] = [
  ["one part of the veterinarian", { vet: { name: "Dr. Wu" } }, { vet: { ...vet, name: "Dr. Wu" } }],
  ["a part of the veterinarian to nothing", { vet: { address: "" } }, { vet: { ...vet, address: "" } }],
  ["the weight without a unit", { weight: { value: 31 } }, { weight: { value: 31, unit: "POUND" } }],
  ["the unit of the weight alone", { weight: { unit: "KILOGRAM" } }, { weight: { value: 30, unit: "KILOGRAM" } }],
  ["nothing of the weight", { weight: {} }, { weight: { value: 30, unit: "POUND" } }],
  ["nothing by null", { weight: { value: null }, coat: null, vaccinations: null }, petParts],
  ["a text to nothing", { coat: "" }, { coat: "", vet, vaccinations: [{ name: "Rabies" }] }],
  ["a list to nothing", { vaccinations: [] }, { vaccinations: [], coat: "Short" }],
];

describe.each(["rest", "connect-json"] as const)(
  "parts of a pet that JSON over %s leaves out are kept",
  (transport) => {
    it.each(petChanges)("when UpdatePet changes %s", async (_what, change, expected) => {
      const { pet } = await server.ok(createPet, { customerId: "cus_a1", pet: newPet });
      expect(await sent(updatePet, { customerId: "cus_a1", id: pet?.id ?? "", ...change }, transport)).toMatchObject(
        expected,
      );
    });

    it.each(petChanges)("when UpdateLead changes %s", async (_what, change, expected) => {
      const { id, pets } = await server.ok(createLead, newLead({ pets: [newPet] }));
      // The first pet says nothing and is left out: the positions of the others move.
      const sentPets = [{}, { id: pets[0]?.id ?? "", ...change }];
      expect(await sent(updateLead, { id, lead: { pets: sentPets } }, transport)).toMatchObject({ pets: [expected] });
    });
  },
);

describe("parts of what administration writes are kept when JSON leaves them out:", () => {
  const ofCompany = (id: string) => ({ companyId, id });

  it("id and name of a role, which cannot be cleared", async () => {
    const { staff } = await server.ok(directory.createStaff, {
      companyId,
      firstName: "S",
      role: { id: "r1", name: "Bather" },
    });
    const named = ofCompany(staff?.id ?? "");
    const role = async (given: JsonObject) => (await sent(directory.updateStaff, { ...named, role: given }))["staff"];
    expect(await role({ name: "Groomer" })).toMatchObject({ role: { id: "r1", name: "Groomer" } });
    expect(await role({ id: "r2" })).toMatchObject({ role: { id: "r2", name: "Groomer" } });
    expect(await role({})).toMatchObject({ role: { id: "r2", name: "Groomer" } });
    const binary = await server.ok(directory.updateStaff, { ...named, role: { name: "Boss" } });
    expect(binary.staff?.role).toMatchObject({ id: "r2", name: "Boss" });
    const cleared = await server.callJson(
      directory.updateStaff,
      { ...named, role: { name: "" } },
      { transport: "rest" },
    );
    expect(cleared).toMatchObject({ violations: [{ field: "role.name", reason: "REQUIRED" }] });
    await server.ok(directory.updateStaff, { ...named, clearRole: true });
    const half = await server.callJson(directory.updateStaff, { ...named, role: { id: "r3" } }, { transport: "rest" });
    expect(half).toMatchObject({ violations: [{ field: "role.name", reason: "REQUIRED" }] });
  });

  it("the unit and the value of a limit of a pet size", async () => {
    const high = { value: 20, unit: Weight_Unit.POUND };
    const { petSize } = await server.ok(petSettings.createPetSize, { companyId, name: "Partial", weightHigh: high });
    const limit = async (weightHigh: JsonObject) =>
      (await sent(petSettings.updatePetSize, { ...ofCompany(petSize?.id ?? ""), weightHigh }))["petSize"];
    expect(await limit({ value: 30 })).toMatchObject({ weightHigh: { value: 30, unit: "POUND" } });
    expect(await limit({ unit: "KILOGRAM" })).toMatchObject({ weightHigh: { value: 30, unit: "KILOGRAM" } });
    expect(await limit({})).toMatchObject({ weightHigh: { value: 30, unit: "KILOGRAM" } });
  });

  it("lines of a location's address, also over binary", async () => {
    const { business } = await server.ok(directory.createBusiness, { companyId, name: "B", address: lines });
    const named = ofCompany(business?.id ?? "");
    const binary = await server.ok(directory.updateBusiness, { ...named, address: { city: "Troy" } });
    expect(binary.business?.address).toMatchObject({ ...lines, city: "Troy" });
    expect(await sent(directory.updateBusiness, { ...named, address: { address2: "" } })).toMatchObject({
      business: { address: { ...lines, city: "Troy", address2: "" } },
    });
  });
});

describe("over binary, where absence is not known", () => {
  it("an empty part of a veterinarian keeps, and a mask path or an empty message clears", async () => {
    const { pet } = await server.ok(createPet, { customerId: "cus_a1", pet: newPet });
    const named = { customerId: "cus_a1", id: pet?.id ?? "" };
    expect((await server.ok(updatePet, { ...named, vet: { name: "Dr. Wu" } })).vet).toMatchObject({
      ...vet,
      name: "Dr. Wu",
    });
    const updateMask = { paths: ["vet.address"] };
    expect((await server.ok(updatePet, { ...named, updateMask })).vet).toMatchObject({ name: "Dr. Wu", address: "" });
    expect((await server.ok(updatePet, { ...named, vet: {} })).vet).toBeUndefined();
  });

  it("an empty line keeps, and a mask path clears", async () => {
    const { id } = await server.ok(createCustomer, newCustomer({ address: home }));
    const kept = await server.ok(updateCustomer, { id, companyId, address: { city: "Troy" } });
    expect(kept.address).toMatchObject([{ ...home, city: "Troy" }]);
    const updateMask = { paths: ["address.address2"] };
    const cleared = await server.ok(updateCustomer, { id, companyId, address: {}, updateMask });
    expect(cleared.address).toMatchObject([{ ...home, city: "Troy", address2: "" }]);
    const lead = await server.ok(createLead, newLead({ address: home }));
    const changed = await server.ok(updateLead, { id: lead.id, lead: { address: { city: "Troy" } } });
    expect(changed.address).toMatchObject({ ...home, city: "Troy" });
  });
});

describe("the four booleans of a preference", () => {
  const all = (value: boolean) => ({
    ...{ receiveAutoMessage: value, receiveAutoEmail: value },
    ...{ subscribeToMarketingEmails: value, receiveAppointmentReminder: value },
  });

  it.each(["rest", "connect-json"] as const)("keep those that JSON over %s leaves out", async (transport) => {
    const { id } = await server.ok(createCustomer, newCustomer({ preference: all(true) }));
    const write = async (preference: JsonObject) =>
      (await sent(updateCustomer, { id, companyId, preference }, transport))["preference"];
    expect(await write({ subscribeToMarketingEmails: false })).toEqual({
      ...all(true),
      subscribeToMarketingEmails: false,
    });
    expect(await write({ receive_auto_email: false, receiveAutoMessage: null })).toEqual({
      ...all(true),
      ...{ subscribeToMarketingEmails: false, receiveAutoEmail: false },
    });
    expect(await write({})).toMatchObject({ receiveAutoMessage: true, receiveAutoEmail: false });
  });

  it("have their defaults where JSON leaves them out of a new customer", async () => {
    const json = { companyId, preferredBusinessId: "biz_a1", firstName: "A", lastName: "B", phone: "+12125550177" };
    const made = async (preference: JsonObject) => (await sent(createCustomer, { ...json, preference }))["preference"];
    const defaults = { ...all(true), subscribeToMarketingEmails: false };
    expect(await made({ receiveAutoEmail: false })).toEqual({ ...defaults, receiveAutoEmail: false });
    expect(await made({ subscribeToMarketingEmails: true })).toEqual({ ...all(true) });
  });

  it("are all written by a binary request", async () => {
    const { id } = await server.ok(createCustomer, newCustomer({ preference: all(true) }));
    await server.ok(updateCustomer, { id, companyId, preference: { receiveAutoEmail: true } });
    expect((await server.ok(getCustomer, { id })).preference).toMatchObject({ ...all(false), receiveAutoEmail: true });
  });
});

describe("a text or a list that JSON sends empty", () => {
  it("clears that of a lead, and null keeps", async () => {
    const { id } = await server.ok(createLead, newLead({ lastName: "X", email: "a@b.example" }));
    expect(await sent(updateLead, { id, lead: { lastName: null, firstName: "" } })).toMatchObject({ lastName: "X" });
    expect(await sent(updateLead, { id, lead: { lastName: "", email: "" } })).toMatchObject({
      ...{ lastName: "", email: "", firstName: "Lena" },
    });
    const last = await server.callJson(updateLead, { id, lead: { phone: "" } }, { transport: "rest" });
    expect(last).toMatchObject({ violations: [{ field: "lead.phone", reason: "REQUIRED" }] });
  });

  it("removes the locations and staff of a service, and is refused where a list must have items", async () => {
    const offer = { availableBusinessIds: ["biz_a1"], availableStaffIds: ["staff_a1"] };
    const kind = { name: "Partial", serviceItemType: ServiceItemType.GROOMING, serviceType: ServiceType.SERVICE };
    const { id } = await server.ok(catalog.createService, { companyId, ...kind, ...offer });
    expect(await sent(catalog.updateService, { companyId, id, category: "K" })).toMatchObject(offer);
    expect(await server.ok(catalog.updateService, { companyId, id, availableStaffIds: [] })).toMatchObject(offer);
    expect(await sent(catalog.updateService, { companyId, id, availableStaffIds: [] })).toMatchObject({
      ...{ availableBusinessIds: ["biz_a1"], availableStaffIds: [], availableAllStaff: false },
    });
    expect(await sent(catalog.updateService, { companyId, id, availableBusinessIds: [] })).toMatchObject({
      ...{ availableBusinessIds: [], availableAllBusiness: false },
    });
    const items = { companyId, id: "pkt_a1", items: [] };
    const emptied = await server.callJson(PackageTemplateService.method.updatePackageTemplate, items, {
      transport: "rest",
    });
    expect(emptied).toMatchObject({ violations: [{ field: "items", reason: "REQUIRED" }] });
  });

  it("removes the tags of a customer", async () => {
    const { id } = await server.ok(createCustomer, newCustomer({ tags: [{ id: "tag_a1" }] }));
    expect((await sent(updateCustomer, { id, companyId, tags: null }))["tags"]).toHaveLength(1);
    expect((await sent(updateCustomer, { id, companyId, tags: [] }))["tags"]).toEqual([]);
  });
});

describe("a custom field in JSON", () => {
  const stored = async (value: JsonValue, code = "field_date") => {
    const { id } = await server.ok(createCustomer, newCustomer());
    const { customFields } = await sent(updateCustomer, { id, companyId, customFields: { [code]: value } });
    return customFields;
  };

  it.each([
    ["2024-05-01T00:00:00+10:00", "2024-05-01"],
    ["2024-05-01T23:30:00-05:00", "2024-05-01"],
    ["2024-05-01", "2024-05-01"],
    ["2024-05-01T00:00:00Z", "2024-05-01"],
  ])("of type DATE has the day of %s as it is written", async (given, day) => {
    const expected = { field_date: { timestampTime: `${day}T00:00:00Z` } };
    expect(await stored({ timestampTime: given })).toEqual(expected);
    expect(await stored(given)).toEqual(expected);
  });

  it("of type DATETIME is the moment, and a day that does not exist is refused", async () => {
    const moment = { field_datetime: { timestampTime: "2024-04-30T14:00:00Z" } };
    expect(await stored({ timestampTime: "2024-05-01T00:00:00+10:00" }, "field_datetime")).toEqual(moment);
    const request = { id: "cus_a1", companyId, customFields: { field_date: { timestampTime: "2024-02-30" } } };
    const answer = await server.callJson(updateCustomer, request, { transport: "rest" });
    expect(answer).toMatchObject({ violations: [{ field: 'custom_fields["field_date"]', reason: "INVALID_FORMAT" }] });
  });

  it("is cleared by null, an empty object and an empty text alike", async () => {
    for (const empty of [null, {}, ""]) {
      const { id } = await server.ok(createCustomer, newCustomer());
      const write = (value: JsonValue) => sent(updateCustomer, { id, companyId, customFields: { field_short: value } });
      expect((await write("kept"))["customFields"]).toEqual({ field_short: { string: "kept" } });
      expect((await write(empty))["customFields"]).toBeUndefined();
    }
  });

  it.each([
    [fields.createCustomField, fields.archiveCustomField, "CustomField", "code"],
    [settings.createTag, settings.archiveTag, "Tag", "name"],
  ] as const)(
    "whose namesake is archived is refused with the id to restore: %s",
    async (create, archive, kind, field) => {
      const request = { companyId, code: "once", label: "Once", type: "NUMBER", associationType: "CUSTOMER" };
      const json: JsonObject = kind === "Tag" ? { companyId, name: "Once" } : request;
      const [made = {}] = Object.values(await sent(create, json));
      const id = typeof made === "object" && made !== null && "id" in made ? String(made["id"]) : "";
      await sent(archive, { companyId, id });
      const again = await server.callJson(create, json, { transport: "rest" });
      expect(again).toMatchObject({
        ...{ code: "FAILED_PRECONDITION", reason: "RESOURCE_ARCHIVED", metadata: { resource: kind, id, field } },
        text: expect.stringContaining(`Restore${kind}`),
      });
    },
  );
});
