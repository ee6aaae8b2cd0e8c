import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import { ConsentService } from "../../src/gen/proto/moego/admin/v1/consent_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { newLead } from "../support/new-lead.js";
import { madeCustomer } from "../support/records.js";
import { invalidField, notFound } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { listConsentHistory, checkConsent } = ConsentService.method;
const { updateCustomer } = CustomerService.method;
const companyId = "cmp_a";
const customer = (value: string) => ({ companyId, subject: { case: "customerId" as const, value } });
const lead = (value: string) => ({ companyId, subject: { case: "leadId" as const, value } });
const byEmail = { channel: 2, purpose: 2 };

describe("ListConsentHistory", () => {
  it("shows every change newest first: before, after, when, by which key and call", async () => {
    const { id } = await madeCustomer(server);
    const headers = { "x-request-id": "the-change" };
    await server.ok(updateCustomer, { id, companyId, complianceConfig: { isConsented: true } }, { headers });
    const { entries } = await server.ok(listConsentHistory, { ...customer(id), pagination: {} });
    expect(entries).toHaveLength(2);
    expect(entries[0]).toMatchObject({
      ...{ keyId: keys.a.id, staffId: "staff_a1", requestId: "the-change", ip: expect.stringMatching(/127|::1/) },
      ...{ rpc: "moego.business.customer.v1.CustomerService/UpdateCustomer" },
      ...{ before: { isConsented: false }, after: { isConsented: true, serviceRelatedChannels: [1, 2] } },
    });
    expect(entries[1]?.before).toBeUndefined();
    expect(entries[1]?.after).toEqual(entries[0]?.before);
  });

  it("is that of the lead before its promotion, and of the customer after", async () => {
    const { id } = await server.ok(LeadService.method.createLead, newLead());
    const { customer: made } = await server.ok(LeadService.method.promoteLead, { id });
    for (const subject of [lead(id), customer(made?.id ?? "")]) {
      expect((await server.ok(listConsentHistory, { ...subject, pagination: {} })).entries).toHaveLength(1);
    }
  });

  it("needs one subject that the key can see", async () => {
    expect(await server.refused(listConsentHistory, { companyId, pagination: {} })).toMatchObject(
      invalidField("subject", "REQUIRED"),
    );
    const call = { key: keys.businessA1 };
    for (const subject of [customer("cus_a2"), lead("lcus_a3")]) {
      expect(await server.refused(listConsentHistory, { ...subject, pagination: {} }, call)).toMatchObject(notFound);
    }
    expect((await server.ok(listConsentHistory, { ...customer("cus_a9"), pagination: {} })).entries).toEqual([]);
  });
});

describe("CheckConsent", () => {
  it("rests on the last entry at the moment, and on nothing before the first", async () => {
    const { id } = await madeCustomer(server);
    const compliance = (channels: number[], isAgreedMarketingPolicy: boolean) => ({
      ...{ id, companyId },
      complianceConfig: { marketingCampaignsChannels: { channels }, isAgreedMarketingPolicy },
    });
    await server.ok(updateCustomer, compliance([2], true));
    await server.ok(updateCustomer, compliance([], true));
    const { entries } = await server.ok(listConsentHistory, { ...customer(id), pagination: {} });
    const [revoked, given, first] = entries.map(({ occurredTime }) => {
      if (!occurredTime) throw new Error("an entry has a time");
      return timestampDate(occurredTime);
    });
    const at = async (date: Date | undefined) =>
      server.ok(checkConsent, { ...customer(id), ...byEmail, ...(date ? { at: timestampFromDate(date) } : {}) });
    expect(await at(undefined)).toMatchObject({ allowed: false, entry: { id: entries[0]?.id } });
    expect(await at(revoked)).toMatchObject({ allowed: false, entry: { id: entries[0]?.id } });
    expect(await at(given)).toMatchObject({ allowed: true, entry: { id: entries[1]?.id } });
    const before = await at(first && new Date(first.getTime() - 1));
    expect(before.allowed).toBe(false);
    expect(before.entry).toBeUndefined();
  });

  it("of marketing needs the agreement to the policy beside the channel; of a service the channel", async () => {
    const { id } = await madeCustomer(server);
    const channels = { marketingCampaignsChannels: { channels: [2] }, serviceRelatedChannels: { channels: [1] } };
    await server.ok(updateCustomer, { id, companyId, complianceConfig: channels });
    expect((await server.ok(checkConsent, { ...customer(id), ...byEmail })).allowed).toBe(false);
    await server.ok(updateCustomer, { id, companyId, complianceConfig: { isAgreedMarketingPolicy: true } });
    expect((await server.ok(checkConsent, { ...customer(id), ...byEmail })).allowed).toBe(true);
    const service = (channel: number) => server.ok(checkConsent, { ...customer(id), channel, purpose: 1 });
    expect([(await service(1)).allowed, (await service(2)).allowed]).toEqual([true, false]);
  });

  it("refuses a moment in the future, an unknown channel and an unknown purpose", async () => {
    const future = { ...customer("cus_a1"), ...byEmail, at: timestampFromDate(new Date("2199-01-01")) };
    expect(await server.refused(checkConsent, future)).toMatchObject(invalidField("at", "OUT_OF_RANGE"));
    const unknown = { ...customer("cus_a1"), channel: 9, purpose: 9 };
    expect((await server.refused(checkConsent, unknown)).violations).toEqual([
      { field: "channel", reason: "NOT_ALLOWED" },
      { field: "purpose", reason: "NOT_ALLOWED" },
    ]);
  });
});

describe("the consent of a promoted lead", () => {
  it("permits nothing any more: its customer is asked", async () => {
    const { id } = await server.ok(LeadService.method.createLead, newLead({ preferredBusinessId: "biz_a1" }));
    const { customer: made } = await server.ok(LeadService.method.promoteLead, { id });
    expect(await server.refused(checkConsent, { ...lead(id), ...byEmail })).toMatchObject({
      ...{ code: "NOT_FOUND", reason: "LEAD_PROMOTED", metadata: { customerId: made?.id } },
    });
  });

  it("is seen where the customer is now, not where the lead was", async () => {
    const { id } = await server.ok(LeadService.method.createLead, newLead({ preferredBusinessId: "biz_a1" }));
    const { customer: made } = await server.ok(LeadService.method.promoteLead, { id });
    const history = { ...lead(id), pagination: {} };
    const asA1 = { key: keys.businessA1 };
    expect((await server.ok(listConsentHistory, history, asA1)).entries).toHaveLength(1);
    await server.ok(updateCustomer, { id: made?.id ?? "", companyId, preferredBusinessId: "biz_a2" });
    expect(await server.refused(listConsentHistory, history, asA1)).toMatchObject(notFound);
  });
});
