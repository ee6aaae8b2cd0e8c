import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConsentService } from "../../src/gen/proto/moego/admin/v1/consent_service_pb.js";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { FieldChoice, MergeService } from "../../src/gen/proto/moego/admin/v1/merge_service_pb.js";
import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { PackageService } from "../../src/gen/proto/moego/business/package/v1/package_service_pb.js";
import { CallerService } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { columnsHolding } from "../support/canaries.js";
import { knownPair, mergePair } from "../support/known-pair.js";
import { addRelationFields } from "../support/known-person.js";
import { newCustomer } from "../support/new-customer.js";
import { newLead } from "../support/new-lead.js";
import { sellPackage } from "../support/new-package.js";
import { minimalPet } from "../support/new-pet.js";
import { madeCustomer } from "../support/records.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());
beforeAll(() => addRelationFields(server));

const { previewMerge, mergeCustomers, listMerges } = MergeService.method;
const { createCustomer, getCustomer, updateCustomer, listCustomers, listCustomerNotes, appendCustomerNotes } =
  CustomerService.method;
const { owner } = server.database;
const companyId = "cmp_a";
const notFound = { code: "NOT_FOUND", reason: "RESOURCE_NOT_FOUND" } as const;

async function pairOf(survivor: object = {}, merged: object = {}) {
  const { id } = await server.ok(createCustomer, newCustomer(survivor));
  const { id: fromId } = await server.ok(createCustomer, newCustomer(merged));
  return { companyId, id, fromId };
}

describe("a merge", () => {
  it("carries everything: no row refers to the merged record any more, except where the past is kept", async () => {
    const pair = await knownPair(server);
    const { customer, merge } = await mergePair(server, pair);
    expect(customer.id).toBe(pair.id);
    expect(merge).toMatchObject({ fromId: pair.fromId, intoId: pair.id, survivorId: pair.id });
    expect(merge.carried).toMatchObject({ notes: 3, pets: 2, packages: 1, accounts: 1, leads: 1, relations: 4 });
    expect(await columnsHolding(owner, [pair.fromId])).toEqual([
      ...["change.related_id", "change.resource_id", "consent_event.subject_id", "customer_merge.from_id"],
      ...[
        "customer_merge_snapshot.snapshot",
        "departure.customer_id",
        "departure.resource_id",
        "idempotency.resource_ids",
      ],
    ]);
    const { pets } = await server.ok(PetService.method.listPets, { customerId: pair.id });
    expect(pets).toHaveLength(4);
    const { packages } = await server.ok(PackageService.method.listPackages, {
      ...{ companyId, customerIds: [pair.id], pagination: {} },
    });
    expect(packages).toHaveLength(2);
  }, 120_000);

  it("keeps the survivor's values, fills the empty ones, and follows choices", async () => {
    const pair = await pairOf(
      {
        firstName: "Ada",
        email: "",
        source: "Walk-in",
        customFields: { field_short: { value: { case: "string", value: "a" } } },
      },
      { firstName: "Adah", email: "ada@example.com", source: "Web", colorCode: "#112233" },
    );
    const choices = { source: FieldChoice.MERGED, color_code: FieldChoice.SURVIVOR };
    const preview = await server.ok(previewMerge, { ...pair, choices });
    expect(preview.conflicts.map(({ path, choice }) => [path, choice])).toEqual(
      expect.arrayContaining([
        ["first_name", FieldChoice.SURVIVOR],
        ["source", FieldChoice.MERGED],
      ]),
    );
    const { customer } = await server.ok(mergeCustomers, {
      ...pair,
      choices,
      etag: preview.etag,
      fromEtag: preview.fromEtag,
    });
    expect(customer).toMatchObject({ firstName: "Ada", email: "ada@example.com", source: "Web", colorCode: "" });
    const { etag: _, lastUpdatedTime: __, lastUpdatedBy: ___, ...shown } = customer ?? {};
    expect(preview.customer).toMatchObject(shown);
  });

  it("joins phones, addresses and tags, each once", async () => {
    const pair = await pairOf(
      {
        phone: "",
        phones: [{ number: "+14155550001" }],
        address: { address1: "1 First St" },
        tags: [{ id: "tag_a1" }],
      },
      {
        ...{
          phone: "",
          phones: [{ number: "+14155550002" }, { number: "+14155550001", personName: "Max", belongsTo: 3 }],
        },
        ...{ address: { address1: "2 Second St" }, tags: [{ id: "tag_a1" }, { id: "tag_a2" }] },
      },
    );
    const { customer, merge } = await server.ok(mergeCustomers, pair);
    expect(customer?.phones.map(({ number, personName }) => [number, personName])).toEqual([
      ["+14155550001", "Max"],
      ["+14155550002", ""],
    ]);
    expect(customer?.address.map(({ address1, type }) => [address1, type])).toEqual([
      ["1 First St", 1],
      ["2 Second St", 2],
    ]);
    expect(customer?.tags.map(({ id }) => id)).toEqual(["tag_a1", "tag_a2"]);
    expect(merge?.carried).toMatchObject({ phones: 1, addresses: 1, tags: 1 });
  });

  it("names every list that does not fit, changes nothing, and takes one list by choice", async () => {
    const phonesFrom = (first: number) =>
      Array.from({ length: 6 }, (_, index) => ({ number: `+1415555${first + index}` }));
    const tags = (prefix: string) => Array.from({ length: 26 }, (_, index) => ({ name: `${prefix} ${index}` }));
    const pair = await pairOf(
      { phone: "", phones: phonesFrom(1000), tags: tags("One") },
      { phone: "", phones: phonesFrom(2000), tags: tags("Two") },
    );
    const refusal = await server.refused(mergeCustomers, pair);
    expect(refusal.violations.map(({ field, reason }) => [field, reason])).toEqual([
      ["choices.phones", "TOO_MANY"],
      ["choices.tags", "TOO_MANY"],
    ]);
    expect(refusal.text).toContain("2 violations");
    expect((await server.ok(getCustomer, { id: pair.fromId })).id).toBe(pair.fromId);
    const choices = { phones: FieldChoice.MERGED, tags: FieldChoice.SURVIVOR };
    const { customer } = await server.ok(mergeCustomers, { ...pair, choices });
    expect(customer?.phones.map(({ number }) => number)).toEqual(phonesFrom(2000).map(({ number }) => number));
    expect(customer?.phone).toBe("+14155552000");
    expect(customer?.tags).toHaveLength(26);
  });

  it("requires a choice where both have an account of one kind", async () => {
    const pair = await pairOf();
    const { linkAccount, getCallerProfile } = CallerService.method;
    const link = (customerId: string, accountId: string) =>
      server.ok(linkAccount, { companyId, customerId, kind: 8, accountId });
    await link(pair.id, "line-one");
    await link(pair.fromId, "line-two");
    const refusal = await server.refused(mergeCustomers, pair);
    expect(refusal.violations.map(({ field, reason }) => [field, reason])).toEqual([
      ["choices.accounts.LINE", "REQUIRED"],
    ]);
    await server.ok(mergeCustomers, { ...pair, choices: { "accounts.LINE": FieldChoice.MERGED } });
    const { profile } = await server.ok(getCallerProfile, { companyId, customerId: pair.id });
    expect(profile?.accounts.map(({ accountId }) => accountId)).toEqual(["line-two"]);
  });

  it("refuses the same record twice, unknown paths, old etags, an archived survivor and what nobody has", async () => {
    const pair = await pairOf();
    const refused = (request: object) => server.refused(mergeCustomers, { ...pair, ...request });
    expect((await refused({ fromId: pair.id })).violations).toMatchObject([{ field: "from_id", reason: "CONFLICT" }]);
    const unknown = await refused({ choices: { shoe_size: FieldChoice.MERGED } });
    expect(unknown.violations).toMatchObject([{ field: "choices", reason: "UNKNOWN_FIELD" }]);
    expect(await refused({ fromEtag: "7" })).toMatchObject({ reason: "ETAG_MISMATCH" });
    expect(await refused({ fromId: "cus_none" })).toMatchObject(notFound);
    await server.ok(CustomerAdminService.method.archiveCustomer, { companyId, id: pair.id });
    expect(await refused({})).toMatchObject({ code: "FAILED_PRECONDITION", reason: "RESOURCE_ARCHIVED" });
  });

  it("of two customers who were leads keeps both leads with the survivor", async () => {
    const promoted = async () => {
      const { id } = await server.ok(LeadService.method.createLead, newLead());
      const { customer } = await server.ok(LeadService.method.promoteLead, { id });
      return { leadId: id, id: customer?.id ?? "" };
    };
    const [one, two] = [await promoted(), await promoted()];
    const { customer } = await server.ok(mergeCustomers, { companyId, id: one.id, fromId: two.id });
    expect(customer?.sourceLeadId).toBe(one.leadId);
    for (const { leadId } of [one, two]) {
      const refusal = await server.refused(LeadService.method.getLead, { id: leadId });
      expect(refusal).toMatchObject({ reason: "LEAD_PROMOTED", metadata: { customerId: one.id } });
    }
    const again = await server.ok(LeadService.method.promoteLead, { id: two.leadId });
    expect(again.customer?.id).toBe(one.id);
    await server.ok(CustomerAdminService.method.eraseCustomer, { companyId, id: one.id });
    expect(await columnsHolding(owner, [one.leadId, two.leadId])).toEqual(["departure.resource_id"]);
  });
});

describe("permissions after a merge", () => {
  const channels = (...numbers: number[]) => ({ channels: numbers });
  const all = {
    ...{ serviceRelatedChannels: channels(1, 2, 3), marketingCampaignsChannels: channels(1, 2) },
    isAgreedMarketingPolicy: true,
  };

  it("are the stricter of both, and an entry of the history says so", async () => {
    const pair = await pairOf(
      { complianceConfig: { ...all, isConsented: true }, preference: { receiveAutoMessage: true } },
      {
        complianceConfig: { ...all, marketingCampaignsChannels: channels(1), isConsented: false },
        preference: { receiveAutoMessage: false },
      },
    );
    const { customer } = await server.ok(mergeCustomers, pair);
    expect(customer?.complianceConfig).toMatchObject({ marketingCampaignsChannels: [1], isConsented: false });
    expect(customer?.preference?.receiveAutoMessage).toBe(false);
    const { entries } = await server.ok(ConsentService.method.listConsentHistory, {
      ...{ companyId, subject: { case: "customerId", value: pair.id }, pagination: {} },
    });
    expect(entries.map(({ rpc }) => rpc.split("/")[1])).toEqual(["MergeCustomers", "CreateCustomer", "CreateCustomer"]);
  });

  it("respect an opt-out of a number that the survivor gets", async () => {
    const pair = await pairOf({ complianceConfig: all }, { phone: "+14155557777", complianceConfig: all });
    await server.ok(ConsentService.method.recordOptOut, {
      ...{ companyId, contact: { case: "phone", value: "+14155557777" } },
    });
    const { customer } = await server.ok(mergeCustomers, pair);
    expect(customer?.complianceConfig?.serviceRelatedChannels).toEqual([2]);
  });
});

describe("the id of a merged record", () => {
  it("leads reads to the survivor, through chains", async () => {
    const pair = await pairOf({}, { notes: [{ note: "One" }, { note: "Two" }, { note: "Three" }] });
    await server.ok(mergeCustomers, pair);
    const { id: last } = await madeCustomer(server);
    await server.ok(mergeCustomers, { companyId, id: last, fromId: pair.id });
    expect((await server.ok(getCustomer, { id: pair.fromId })).id).toBe(last);
    const first = await server.ok(listCustomerNotes, { id: pair.fromId, pagination: { pageSize: 2 } });
    expect(first.notes).toHaveLength(2);
    const pageToken = first.nextPageToken;
    const second = await server.ok(listCustomerNotes, { id: pair.fromId, pagination: { pageSize: 2, pageToken } });
    expect(second.notes).toHaveLength(1);
    const { profile } = await server.ok(CallerService.method.getCallerProfile, { companyId, customerId: pair.fromId });
    expect(profile?.customerId).toBe(last);
    const { merges } = await server.ok(listMerges, { companyId, customerId: last, pagination: {} });
    expect(merges.map(({ fromId, survivorId }) => [fromId, survivorId])).toEqual([
      [pair.id, last],
      [pair.fromId, last],
    ]);
  });

  it("is refused to writes, which name the survivor, and answers retries of those before the merge", async () => {
    const pair = await pairOf();
    const call = (key: string) => ({ headers: { "idempotency-key": key } });
    const note = { id: pair.fromId, notes: [{ note: "Before" }] };
    const { notes } = await server.ok(appendCustomerNotes, note, call("before-the-merge"));
    const rename = { companyId, id: pair.fromId, firstName: "Eve" };
    await server.ok(updateCustomer, rename, call("renamed-before"));
    await server.ok(mergeCustomers, pair, call("merged-once"));
    expect((await server.ok(appendCustomerNotes, note, call("before-the-merge"))).notes).toEqual(notes);
    expect((await server.ok(updateCustomer, rename, call("renamed-before"))).id).toBe(pair.id);
    const merged = { code: "FAILED_PRECONDITION", reason: "RESOURCE_MERGED" };
    const metadata = { resource: "Customer", id: pair.fromId, mergedInto: pair.id };
    for (const options of [{}, call("after-the-merge")]) {
      expect(await server.refused(appendCustomerNotes, note, options)).toMatchObject({ ...merged, metadata });
      expect(await server.refused(updateCustomer, rename, options)).toMatchObject({ ...merged, metadata });
      const pet = { customerId: pair.fromId, pet: minimalPet };
      expect(await server.refused(PetService.method.createPet, pet, options)).toMatchObject({ ...merged, metadata });
    }
    const sale = { customerId: pair.fromId, companyId, businessId: "biz_a1" };
    const { sellPackage: sell } = PackageAdminService.method;
    const { detail } = await sellPackage(server, { customerId: pair.id });
    const { packageName, packageServices: _ } = { packageName: "Five baths", packageServices: detail };
    const request = {
      ...{ ...sale, packageName, packagePrice: { currencyCode: "USD", units: 150n } },
      packageServices: [{ services: [{ serviceId: "srv_a1" }], quantity: 5 }],
    };
    expect(await server.refused(sell, request)).toMatchObject({ ...merged, metadata });
    const repeated = await server.ok(mergeCustomers, pair, call("merged-once"));
    expect(repeated.customer?.id).toBe(pair.id);
  });

  it("answers the retry of the create, and is taken for imports", async () => {
    const call = { headers: { "idempotency-key": "created-and-merged" } };
    const { id: fromId } = await server.ok(createCustomer, newCustomer(), call);
    const { id } = await madeCustomer(server);
    await server.ok(mergeCustomers, { companyId, id, fromId });
    expect((await server.ok(createCustomer, newCustomer(), call)).id).toBe(id);
    const refusal = await server.refused(CustomerAdminService.method.importCustomer, {
      ...{ companyId, id: fromId, customer: newCustomer() },
    });
    expect(refusal).toMatchObject({ code: "ALREADY_EXISTS", reason: "ALREADY_EXISTS" });
  });

  it("leaves followed lists with the survivor", async () => {
    const pair = await pairOf();
    const { lastUpdatedTime } = await server.ok(getCustomer, { id: pair.fromId });
    await server.ok(mergeCustomers, pair);
    const { customers } = await server.ok(listCustomers, {
      companyId,
      filter: { lastUpdatedTime: { startTime: lastUpdatedTime } },
      pagination: {},
    });
    const left = customers.find(({ id }) => id === pair.fromId);
    expect(left).toMatchObject({ deleted: true, departure: 3, mergedInto: pair.id });
  });
});
