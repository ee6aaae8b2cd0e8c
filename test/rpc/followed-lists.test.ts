import { create } from "@bufbuild/protobuf";
import { type Timestamp, timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { CustomerSchema } from "../../src/gen/proto/moego/business/customer/v1/customer_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadSchema } from "../../src/gen/proto/moego/business/customer/v1/lead_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { Package_Status } from "../../src/gen/proto/moego/business/package/v1/package_pb.js";
import { PackageService } from "../../src/gen/proto/moego/business/package/v1/package_service_pb.js";
import { Departure } from "../../src/gen/proto/moego/common/v1/departure_pb.js";
import { keys } from "../support/fixture-keys.js";
import { newLead } from "../support/new-lead.js";
import { sellPackage } from "../support/new-package.js";
import { addPet, minimalPet } from "../support/new-pet.js";
import { madeCustomer, madeLead } from "../support/records.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const companyId = "cmp_a";
const { listCustomers, updateCustomer, getCustomer } = CustomerService.method;
const { listLeads, promoteLead, updateLead, getLead } = LeadService.method;
const { listAllPets } = PetService.method;
const { listPackages } = PackageService.method;
const { archiveCustomer, restoreCustomer, eraseCustomer } = CustomerAdminService.method;
const { archiveLead, restoreLead, eraseLead } = LeadAdminService.method;
const { owner } = server.database;

/** Everything that the three lists show of a record, as followers of the whole company and of one location see it. */
async function seen(id: string, filter: object = {}, key = keys.a) {
  const request = { companyId, pagination: { pageSize: 500 }, filter: { ...filter, lastUpdatedTime: {} } };
  const { customers } = await server.ok(listCustomers, request, { key });
  const { leads } = await server.ok(listLeads, request, { key });
  const { pets } = await server.ok(listAllPets, { ...request, filter: { lastUpdatedTime: {} } }, { key });
  return [...customers, ...leads, ...pets].filter((entry) => entry.id === id);
}

const atLocation = (id: string, business = "biz_a1") => seen(id, { preferredBusinessIds: [business] });
const withKeyOfLocation = (id: string) => seen(id, {}, keys.businessA1);

const move = (id: string, preferredBusinessId: string) =>
  server.ok(updateCustomer, { companyId, id, preferredBusinessId });

describe("a followed list shows again, marked,", () => {
  it("a lead that is archived, and again when it is restored", async () => {
    const lead = await madeLead(server);
    await server.ok(archiveLead, lead);
    expect(await seen(lead.id)).toMatchObject([{ deleted: true, promotedCustomerId: "", firstName: "Lena" }]);
    await server.ok(restoreLead, lead);
    expect(await seen(lead.id)).toMatchObject([{ deleted: false, firstName: "Lena" }]);
    expect((await server.ok(getLead, { id: lead.id })).deleted).toBe(false);
  });

  it("a lead that is promoted, with its customer", async () => {
    const { id } = await madeLead(server);
    const { customer } = await server.ok(promoteLead, { id });
    expect(await seen(id)).toMatchObject([{ deleted: true, promotedCustomerId: customer?.id }]);
    expect(await server.refused(getLead, { id })).toMatchObject({ reason: "LEAD_PROMOTED" });
    const { leads } = await server.ok(listLeads, { companyId, pagination: { pageSize: 500 } });
    expect(leads.map((lead) => lead.id)).not.toContain(id);
  });

  it("a customer that is archived, and again when it is restored", async () => {
    const customer = await madeCustomer(server);
    await server.ok(archiveCustomer, customer);
    expect(await seen(customer.id)).toMatchObject([{ deleted: true, firstName: "Ada" }]);
    await server.ok(restoreCustomer, customer);
    expect(await seen(customer.id)).toMatchObject([{ deleted: false }]);
  });
});

describe("a followed list shows an id and a time, and nothing else,", () => {
  const withTime = (lastUpdatedTime?: Timestamp) => (lastUpdatedTime ? { lastUpdatedTime } : {});

  it("of a customer that is erased, of the lead it was and of its pets", async () => {
    const lead = await server.ok(LeadService.method.createLead, newLead({ pets: [minimalPet] }));
    const { customer } = await server.ok(promoteLead, { id: lead.id });
    const id = customer?.id ?? "";
    await server.ok(eraseCustomer, { companyId, id });
    const erased = { companyId, deleted: true, departure: Departure.ERASED };
    const [entry, ...others] = await seen(id);
    const { lastUpdatedTime } = entry ?? {};
    expect(lastUpdatedTime && timestampDate(lastUpdatedTime).getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect([entry, ...others]).toEqual([create(CustomerSchema, { ...erased, id, ...withTime(lastUpdatedTime) })]);
    const [leadEntry] = await seen(lead.id);
    const leadTime = withTime(leadEntry?.lastUpdatedTime);
    expect(leadEntry).toEqual(create(LeadSchema, { ...erased, id: lead.id, ...leadTime }));
    const [pet] = lead.pets;
    expect(await seen(pet?.id ?? "")).toMatchObject([{ deleted: true, departure: Departure.ERASED, name: "" }]);
    expect(await server.refused(getCustomer, { id })).toMatchObject({ reason: "RESOURCE_NOT_FOUND" });
  });

  it("of a lead that is erased", async () => {
    const lead = await madeLead(server);
    await server.ok(eraseLead, lead);
    expect(await seen(lead.id)).toMatchObject([{ deleted: true, departure: Departure.ERASED, firstName: "" }]);
  });

  it("of what moved to a location that the key or the filter does not show, and no longer when it comes back", async () => {
    const { id } = await madeCustomer(server);
    const pet = await addPet(server, id);
    const gone = { deleted: true, departure: Departure.MOVED };
    for (const business of ["biz_a2", "biz_a1", "biz_a2"]) {
      await move(id, business);
      const left = business === "biz_a2";
      const whole = { deleted: false, firstName: "Ada" };
      expect(await withKeyOfLocation(id)).toMatchObject([left ? { ...gone, id, firstName: "" } : whole]);
      expect(await atLocation(id)).toMatchObject([left ? { ...gone, id, firstName: "" } : whole]);
      expect(await seen(pet.id, {}, keys.businessA1)).toMatchObject([left ? { ...gone, name: "" } : { name: "Bella" }]);
      // Nothing left the company, nor the filter with both.
      expect(await seen(id)).toMatchObject([whole]);
      expect(await seen(id, { preferredBusinessIds: ["biz_a1", "biz_a2"] })).toMatchObject([whole]);
    }
    // What happens to it elsewhere is no matter of this key.
    await server.ok(eraseCustomer, { companyId, id });
    expect(await withKeyOfLocation(id)).toMatchObject([gone]);
    expect(await seen(id)).toMatchObject([{ departure: Departure.ERASED }]);
  });

  it("of a lead that moved, and of a promoted one whose customer moved", async () => {
    const { lead } = newLead({ preferredBusinessId: "biz_a1" });
    const made = () => server.ok(LeadService.method.createLead, { lead });
    const [moved, promoted] = [await made(), await made()];
    await server.ok(updateLead, { id: moved.id, lead: { preferredBusinessId: "biz_a2" } });
    const { customer } = await server.ok(promoteLead, { id: promoted.id });
    expect(await withKeyOfLocation(promoted.id)).toMatchObject([{ deleted: true, promotedCustomerId: customer?.id }]);
    await move(customer?.id ?? "", "biz_a2");
    for (const { id } of [moved, promoted])
      expect(await withKeyOfLocation(id)).toMatchObject([
        { deleted: true, departure: Departure.MOVED, firstName: "", promotedCustomerId: "" },
      ]);
  });

  it("of packages whose customer moved, where the list names the customer and the key sees one location", async () => {
    const { id: customerId } = await madeCustomer(server);
    const { on } = await sellPackage(server, { customerId, businessId: "biz_a1" });
    // Sold at another location, so the key never sees it, and it does not leave its list either.
    const elsewhere = await sellPackage(server, { customerId, businessId: "biz_a2" });
    const changes = async (filter: object, key = keys.businessA1) => {
      const request = { companyId, pagination: { pageSize: 500 }, lastUpdatedTime: {}, ...filter };
      const { packages } = await server.ok(listPackages, request, { key });
      if (key !== keys.a) expect(packages.map(({ id }) => id)).not.toContain(elsewhere.on.packageId);
      return packages.filter((entry) => entry.id === on.packageId);
    };
    let time = 0;
    for (const business of ["biz_a2", "biz_a1", "biz_a2"]) {
      await move(customerId, business);
      const left = { status: Package_Status.DELETED, departure: Departure.MOVED, customerId: "", packageName: "" };
      const whole = { status: Package_Status.NORMAL, customerId, packageName: "Five baths" };
      const [entry, ...others] = await changes({ customerIds: [customerId] });
      expect([entry, ...others]).toMatchObject([business === "biz_a2" ? left : whole]);
      const moved = entry?.lastUpdateTime ? timestampDate(entry.lastUpdateTime).getTime() : 0;
      expect(moved).toBeGreaterThan(time);
      time = moved;
      // The location still sold it, and the company still has it.
      expect(await changes({})).toMatchObject([whole]);
      expect(await changes({ customerIds: [customerId] }, keys.a)).toMatchObject([whole]);
    }
  });

  it("of nothing that a key of one location never saw, and none of another company", async () => {
    const { id } = await madeCustomer(server, { preferredBusinessId: "biz_a2" });
    await server.ok(eraseCustomer, { companyId, id });
    expect(await withKeyOfLocation(id)).toEqual([]);
    const elsewhere = { companyId: "cmp_b", pagination: {}, filter: { lastUpdatedTime: {} } };
    const { customers } = await server.ok(listCustomers, elsewhere, { key: keys.b });
    expect(customers.map((customer) => customer.id)).not.toContain(id);
  });
});

describe("the entries of a followed list", () => {
  it("are in one order of time, over pages of one entry and over numbered pages", async () => {
    const start = new Date();
    const made = [await madeCustomer(server), await madeCustomer(server), await madeCustomer(server)];
    await server.ok(eraseCustomer, made[0] ?? { companyId, id: "" });
    await server.ok(archiveCustomer, made[1] ?? { companyId, id: "" });
    await server.ok(eraseCustomer, made[2] ?? { companyId, id: "" });
    const filter = { lastUpdatedTime: { startTime: timestampFromDate(start) } };
    const page = async (pageToken: string) => {
      const pagination = { pageSize: 1, pageToken };
      const { customers, nextPageToken } = await server.ok(listCustomers, { companyId, filter, pagination });
      return { ids: customers.map(({ id }) => id), nextPageToken };
    };
    const walked: string[] = [];
    for (let token = ""; ; ) {
      const { ids, nextPageToken } = await page(token);
      walked.push(...ids);
      token = nextPageToken;
      if (token === "") break;
    }
    const inOrder = [made[0]?.id, made[1]?.id, made[2]?.id];
    expect(walked).toEqual(inOrder);
    expect((await Promise.all(["1", "2", "3"].map(page))).flatMap(({ ids }) => ids)).toEqual(inOrder);
  });

  it("do not put the id of an erased record into the log of reads", async () => {
    const { id } = await madeCustomer(server);
    await server.ok(eraseCustomer, { companyId, id });
    expect(await seen(id)).toHaveLength(1);
    const marker = await madeCustomer(server);
    await seen(marker.id);
    const reads = async (record: string) =>
      (await owner.query("SELECT FROM key_use WHERE records @> ARRAY[$1]", [`customer/${record}`])).rowCount;
    await expect.poll(() => reads(marker.id), { timeout: 10_000 }).toBeGreaterThan(0);
    expect(await reads(id)).toBe(0);
  });
});
