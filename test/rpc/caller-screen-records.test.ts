import { afterAll, describe, expect, it } from "vitest";
import { ConsentPurpose, ConsentService } from "../../src/gen/proto/moego/admin/v1/consent_service_pb.js";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { ComplianceChannel } from "../../src/gen/proto/moego/business/customer/v1/compliance_pb.js";
import { Customer_Status } from "../../src/gen/proto/moego/business/customer/v1/customer_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { Pet_Status, Pet_Type } from "../../src/gen/proto/moego/business/customer/v1/pet_pb.js";
import { CallerLookupService } from "../../src/gen/proto/moego/callcenter/v1/caller_lookup_service_pb.js";
import {
  CallerService,
  QueryCustomerResponse_Kind as Kind,
  QueryCustomerResponse_Status as Status,
} from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { customer } from "../support/fixtures.js";
import { newCustomer } from "../support/new-customer.js";
import { type NewLead, newLead } from "../support/new-lead.js";
import { sellPackage } from "../support/new-package.js";
import { addPet, minimalPet } from "../support/new-pet.js";
import { bought } from "../support/package-rows.js";
import { pet } from "../support/pet-rows.js";
import { freshId, madeCustomer } from "../support/records.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const companyId = "cmp_a";
const time = "2024-05-01T10:00:00Z";
const { AUTO_CALL, SMS } = ComplianceChannel;
const lookup = (tel: string) => server.ok(CallerLookupService.method.lookupCaller, { tel });

let numbers = 0;

/** A phone that nobody else has. */
function freshPhone(): string {
  numbers += 1;
  return `+1212555${String(7_000 + numbers)}`;
}

async function madeLead(fields: NewLead) {
  return (await server.ok(LeadService.method.createLead, newLead(fields))).id;
}

describe("a customer that calls", () => {
  it("is shown with status, VIP level, pets, packages, next appointment and consent", async () => {
    const phone = freshPhone();
    const id = freshId();
    await server.ok(CustomerAdminService.method.importCustomer, {
      ...{ companyId, id, status: Customer_Status.INACTIVE, nextAppointmentTime: { seconds: 1_900_000_000n } },
      customer: newCustomer({ phone, complianceConfig: { serviceRelatedChannels: { channels: [AUTO_CALL] } } }),
    });
    const profile = { companyId, customerId: id, vipLevelId: "vip_a1", blacklisted: true };
    await server.ok(CallerService.method.updateCallerProfile, profile);
    const gone = await addPet(server, id, { ...minimalPet, name: "Gone", status: Pet_Status.PASSED_AWAY });
    const cat = await addPet(server, id, { name: "Tom", type: Pet_Type.CAT, breed: "Manx" });
    const expired = { expirationDate: { year: 2030, month: 1, day: 2 }, endTime: { seconds: 1_893_628_800n } };
    const older = await sellPackage(server, { customerId: id, packageName: "Older", ...expired });
    const { on, item } = await sellPackage(server, { customerId: id });
    await server.ok(PackageAdminService.method.redeemPackage, { ...on, packageServiceId: item, quantity: 2 });
    const { matches } = await lookup(phone);
    expect(matches).toMatchObject([
      {
        ...{ kind: Kind.CUSTOMER, id, firstName: "Ada", lastName: "Lovelace", phone },
        ...{ customerStatus: Customer_Status.INACTIVE, blacklisted: true, stage: "", actionStatus: "" },
        vipLevel: { id: "vip_a1", name: "Gold" },
        pets: [
          { id: cat.id, name: "Tom", type: Pet_Type.CAT, breed: "Manx", status: Pet_Status.ALIVE },
          { id: gone.id, name: "Gone", status: Pet_Status.PASSED_AWAY },
        ],
        petCount: 2,
        packages: [
          {
            ...{ id: on.packageId, name: "Five baths", remainingQuantity: 3 },
            expirationDate: { year: 9999, month: 1, day: 1 },
            items: [{ serviceNames: ["Bath"], totalQuantity: 5, remainingQuantity: 3 }],
          },
          { id: older.on.packageId, name: "Older", remainingQuantity: 5, ...expired },
        ],
        packageCount: 2,
        nextAppointmentTime: { seconds: 1_900_000_000n },
        callConsent: { serviceRelated: true, marketing: false },
      },
    ]);
  });

  it("has at most 10 pets and packages in the answer, and the number of all", async () => {
    const phone = freshPhone();
    const { id } = await madeCustomer(server, { phone });
    const eleven = [..."abcdefghijk"];
    await server.insert([
      ["pet", eleven.map((name) => pet(companyId, `pet_${name}`, id, time))],
      ["package", eleven.map((name) => bought(companyId, `pkg_${name}`, id, "biz_a1", time))],
    ]);
    const [match] = (await lookup(phone)).matches;
    expect(match).toMatchObject({ petCount: 11, packageCount: 11 });
    expect([match?.pets.length, match?.packages.length]).toEqual([10, 10]);
  });

  it("allows calls exactly as CheckConsent does", async () => {
    for (const service of [[], [SMS], [AUTO_CALL]]) {
      for (const isAgreedMarketingPolicy of [false, true]) {
        const phone = freshPhone();
        const { id } = await madeCustomer(server, {
          phone,
          complianceConfig: {
            serviceRelatedChannels: { channels: service },
            marketingCampaignsChannels: { channels: [AUTO_CALL] },
            isAgreedMarketingPolicy,
          },
        });
        const checked = async (purpose: ConsentPurpose) =>
          (
            await server.ok(ConsentService.method.checkConsent, {
              ...{ companyId, subject: { case: "customerId", value: id }, channel: AUTO_CALL, purpose },
            })
          ).allowed;
        const [serviceRelated, marketing] = [
          await checked(ConsentPurpose.SERVICE_RELATED),
          await checked(ConsentPurpose.MARKETING),
        ];
        expect({ serviceRelated, marketing }).toEqual({
          serviceRelated: service.includes(AUTO_CALL),
          marketing: isAgreedMarketingPolicy,
        });
        expect((await lookup(phone)).matches).toMatchObject([{ id, callConsent: { serviceRelated, marketing } }]);
      }
    }
  });

  it("allows no calls before the first entry of the consent ledger, whatever the columns say", async () => {
    const phone = freshPhone();
    const columns = { phone, service_related_channels: [3], marketing_campaigns_channels: [3] };
    const row = customer(companyId, "cus_no_ledger", "biz_a1", time, columns);
    await server.insert([["customer", [{ ...row, is_agreed_marketing_policy: true }]]]);
    expect((await lookup(phone)).matches).toMatchObject([{ callConsent: { serviceRelated: false, marketing: false } }]);
  });

  it("is not found while archived, nor once erased", async () => {
    const phone = freshPhone();
    const { id } = await madeCustomer(server, { phone });
    const { archiveCustomer, restoreCustomer, eraseCustomer } = CustomerAdminService.method;
    await server.ok(archiveCustomer, { companyId, id });
    expect(await lookup(phone)).toMatchObject({ status: Status.UNKNOWN, matchCount: 0, matches: [] });
    await server.ok(restoreCustomer, { companyId, id });
    expect(await lookup(phone)).toMatchObject({ matches: [{ id }] });
    await server.ok(eraseCustomer, { companyId, id });
    expect(await lookup(phone)).toMatchObject({ status: Status.UNKNOWN, number: phone, matches: [] });
  });
});

describe("a lead that calls", () => {
  it("is shown with its stage, action status, pets and consent, beside a customer with the same number", async () => {
    const phone = freshPhone();
    const id = await madeLead({
      ...{ phone, lastName: "Lead", pets: [{ ...minimalPet, name: "Rex" }] },
      ...{ lifeCycle: { id: "lc_a2" }, actionStatus: { id: "as_a1" } },
      complianceConfig: { serviceRelatedChannels: [AUTO_CALL] },
    });
    const lead = {
      ...{ kind: Kind.LEAD, id, lastName: "Lead", stage: "Qualified", actionStatus: "To call", blacklisted: false },
      ...{ customerStatus: Customer_Status.STATUS_UNSPECIFIED, packages: [], packageCount: 0 },
      ...{ pets: [{ name: "Rex", type: Pet_Type.DOG }], petCount: 1 },
    };
    expect((await lookup(phone)).matches).toMatchObject([lead]);
    const owner = await madeCustomer(server, { phone });
    expect((await lookup(phone)).matches).toMatchObject([{ kind: Kind.CUSTOMER, id: owner.id }, lead]);
  });

  it("is not found once it is promoted, its customer is", async () => {
    const phone = freshPhone();
    const id = await madeLead({ phone, preferredBusinessId: "biz_a1" });
    const { customer } = await server.ok(LeadService.method.promoteLead, { id });
    expect((await lookup(phone)).matches).toMatchObject([{ kind: Kind.CUSTOMER, id: customer?.id }]);
  });
});
