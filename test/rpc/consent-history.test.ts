import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import { ConsentRefusal, ConsentService } from "../../src/gen/proto/moego/admin/v1/consent_service_pb.js";
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

  it("follows the person: a lead and its customer have the same, a change of the preference included", async () => {
    const { id } = await server.ok(LeadService.method.createLead, newLead());
    const { customer: made } = await server.ok(LeadService.method.promoteLead, { id });
    const named = { id: made?.id ?? "", companyId };
    await server.ok(updateCustomer, { ...named, updateMask: { paths: ["preference.receive_appointment_reminder"] } });
    const histories = await Promise.all(
      [lead(id), customer(named.id)].map((one) => server.ok(listConsentHistory, { ...one, pagination: {} })),
    );
    expect(histories[0]).toEqual(histories[1]);
    const [changed, promotion, creation] = histories[0]?.entries ?? [];
    expect(histories[0]?.entries).toHaveLength(3);
    expect(changed).toMatchObject({
      preferenceBefore: { receiveAppointmentReminder: true },
      preferenceAfter: { receiveAppointmentReminder: false, receiveAutoMessage: true },
    });
    expect(changed?.after).toEqual(changed?.before);
    expect(promotion?.after).toEqual(creation?.after);
    expect(creation?.preferenceAfter).toBeUndefined();
    const paged = await Promise.all([pagedIds(lead(id)), pagedIds(customer(named.id))]);
    expect(paged).toEqual([0, 1].map(() => histories[0]?.entries.map((entry) => entry.id)));
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

  it("says everything that refuses the contact, and nothing if it is allowed", async () => {
    const { id } = await madeCustomer(server);
    const because = async (channel: number, purpose: number) => {
      const answer = await server.ok(checkConsent, { ...customer(id), channel, purpose });
      expect(answer.allowed).toBe(answer.because.length === 0);
      return answer.because.map((one) => ConsentRefusal[one]);
    };
    const channels = { serviceRelatedChannels: { channels: [1, 2] }, marketingCampaignsChannels: { channels: [] } };
    const consent = { ...channels, isAgreedMarketingPolicy: false };
    await server.ok(updateCustomer, { id, companyId, complianceConfig: consent });
    expect(await because(1, 1)).toEqual([]);
    expect(await because(2, 2)).toEqual(["CHANNEL", "MARKETING_POLICY", "SUBSCRIBE_TO_MARKETING_EMAILS"]);
    const preference = { receiveAppointmentReminder: false, receiveAutoMessage: false, receiveAutoEmail: false };
    const updateMask = { paths: Object.keys(preference).map((flag) => `preference.${toSnake(flag)}`) };
    await server.ok(updateCustomer, { id, companyId, preference, updateMask });
    expect(await because(1, 3)).toEqual(["CHANNEL", "RECEIVE_AUTO_MESSAGE", "RECEIVE_APPOINTMENT_REMINDER"]);
    expect(await because(2, 1)).toEqual(["CHANNEL", "RECEIVE_AUTO_EMAIL"]);
    const before = { ...customer(id), ...byEmail, at: timestampFromDate(new Date("2000-01-01")) };
    expect(await server.ok(checkConsent, before)).toMatchObject({ allowed: false, because: [ConsentRefusal.NO_ENTRY] });
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

function toSnake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

describe("the consent of a promoted lead", () => {
  it("answers by either id as it was, before and after the promotion", async () => {
    const agreed = { marketingCampaignsChannels: { channels: [2] }, isAgreedMarketingPolicy: true };
    const { id } = await server.ok(LeadService.method.createLead, { ...newLead(), complianceConfig: agreed });
    const { customer: made } = await server.ok(LeadService.method.promoteLead, { id });
    const subjects = [lead(id), customer(made?.id ?? "")];
    await server.ok(updateCustomer, {
      ...{ id: made?.id ?? "", companyId },
      complianceConfig: { marketingCampaignsChannels: { channels: [] } },
    });
    const { entries } = await server.ok(listConsentHistory, { ...lead(id), pagination: {} });
    const times = entries.map(({ occurredTime }) => occurredTime && timestampDate(occurredTime).getTime());
    const [revoked = 0, promoted = 0, created = 0] = times;
    for (const [at, allowed] of [
      ...[[created - 1, false] as const, [created, true] as const, [promoted - 1, true] as const],
      ...[[promoted, true] as const, [revoked, false] as const],
    ]) {
      for (const subject of subjects) {
        const asked = { ...subject, ...byEmail, at: timestampFromDate(new Date(at)) };
        expect((await server.ok(checkConsent, asked)).allowed, `${at - created} ms after the creation`).toBe(allowed);
      }
    }
    for (const subject of subjects)
      expect((await server.ok(checkConsent, { ...subject, ...byEmail })).allowed).toBe(false);
    expect((await server.ok(CustomerService.method.getCustomer, { id: made?.id ?? "" })).preference).toMatchObject({
      subscribeToMarketingEmails: false,
    });
  });

  it("is seen where the customer is now, not where the lead was", async () => {
    const { id } = await server.ok(LeadService.method.createLead, newLead({ preferredBusinessId: "biz_a1" }));
    const { customer: made } = await server.ok(LeadService.method.promoteLead, { id });
    const history = { ...lead(id), pagination: {} };
    const asA1 = { key: keys.businessA1 };
    expect((await server.ok(listConsentHistory, history, asA1)).entries).toHaveLength(2);
    await server.ok(updateCustomer, { id: made?.id ?? "", companyId, preferredBusinessId: "biz_a2" });
    expect(await server.refused(listConsentHistory, history, asA1)).toMatchObject(notFound);
  });
});

/** The ids of a history that is read page by page. */
async function pagedIds(subject: ReturnType<typeof lead> | ReturnType<typeof customer>): Promise<string[]> {
  const ids: string[] = [];
  let pageToken = "";
  do {
    const page = await server.ok(listConsentHistory, { ...subject, pagination: { pageSize: 1, pageToken } });
    ids.push(...page.entries.map(({ id }) => id));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return ids;
}
