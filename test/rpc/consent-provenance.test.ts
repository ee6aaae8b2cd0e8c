import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import { ConsentService } from "../../src/gen/proto/moego/admin/v1/consent_service_pb.js";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { newCustomer } from "../support/new-customer.js";
import { newLead } from "../support/new-lead.js";
import { freshId } from "../support/records.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { listConsentHistory, checkConsent } = ConsentService.method;
const { createCustomer, updateCustomer, getCustomer } = CustomerService.method;
const { createLead, updateLead } = LeadService.method;
const { importCustomer } = CustomerAdminService.method;
const { importLead } = LeadAdminService.method;
const companyId = "cmp_a";
const marketing = { marketingCampaignsChannels: { channels: [2] }, isAgreedMarketingPolicy: true, isConsented: true };
const evidence = {
  reference: "https://a.example/join",
  wordingVersion: "2023-05",
  language: "en-US",
  address: "203.0.113.7",
};
const time = (text: string) => timestampFromDate(new Date(text));

const kinds = [
  [
    "a customer",
    {
      subject: (value: string) => ({ companyId, subject: { case: "customerId" as const, value } }),
      create: (more: object) => server.ok(createCustomer, { ...newCustomer(), ...more }),
      update: (id: string, more: object) => server.ok(updateCustomer, { id, companyId, ...more }),
      refusedUpdate: (id: string, more: object) => server.refused(updateCustomer, { id, companyId, ...more }),
      import: (id: string, more: object, times: object) =>
        server.call(importCustomer, { companyId, id, customer: { ...newCustomer(), ...more }, ...times }),
      within: "customer.",
    },
  ],
  [
    "a lead",
    {
      subject: (value: string) => ({ companyId, subject: { case: "leadId" as const, value } }),
      create: (more: object) => server.ok(createLead, { ...newLead(), ...more }),
      update: (id: string, more: object) => server.ok(updateLead, { id, lead: {}, ...more }),
      refusedUpdate: (id: string, more: object) => server.refused(updateLead, { id, lead: {}, ...more }),
      import: (id: string, more: object, times: object) =>
        server.call(importLead, { companyId, id, ...newLead(), ...more, ...times }),
      within: "",
    },
  ],
] as const;

describe.each(kinds)("the consent of %s", (_, kind) => {
  const newest = async (id: string) =>
    (await server.ok(listConsentHistory, { ...kind.subject(id), pagination: {} })).entries[0];
  const allowedAt = async (id: string, at: string) =>
    (await server.ok(checkConsent, { ...kind.subject(id), channel: 2, purpose: 2, at: time(at) })).allowed;

  it("carries its source and evidence, the present time and the acting staff member", async () => {
    const provenance = { consentProvenance: { source: 1, evidence } };
    const { id } = await kind.create({ complianceConfig: marketing, ...provenance });
    expect(await newest(id)).toMatchObject({ source: 1, evidence, recordedBy: "staff_a1" });
    const paths = ["compliance_config.is_agreed_marketing_policy"];
    const complianceConfig = { isAgreedMarketingPolicy: false };
    await kind.update(id, { complianceConfig, updateMask: { paths }, consentProvenance: { source: 4 } });
    const withdrawn = await newest(id);
    expect(withdrawn).toMatchObject({ source: 4, after: { isAgreedMarketingPolicy: false } });
    expect(withdrawn?.evidence).toBeUndefined();
    expect(withdrawn?.givenTime).toEqual(withdrawn?.occurredTime);
    await kind.update(id, { complianceConfig: { isAgreedMarketingPolicy: true } });
    expect(await newest(id)).toMatchObject({ source: 7 });
    await kind.update(id, provenance);
    const repeated = await newest(id);
    expect(repeated).toMatchObject({ source: 1, evidence });
    expect(repeated?.after).toEqual(repeated?.before);
  });

  it("ends when a channel is added without it, and not when one is taken away", async () => {
    const { id } = await kind.create({ complianceConfig: marketing });
    const consented = async (complianceConfig: object) => {
      await kind.update(id, { complianceConfig });
      return (await newest(id))?.after?.isConsented;
    };
    expect(await consented({ serviceRelatedChannels: { channels: [1] } })).toBe(true);
    expect(await consented({ serviceRelatedChannels: { channels: [1, 3] } })).toBe(false);
    expect(await consented({ marketingCampaignsChannels: { channels: [1, 2] }, isConsented: true })).toBe(true);
  });

  it("is imported with its own time, and CheckConsent obeys that time", async () => {
    const id = freshId();
    const consentProvenance = { givenTime: time("2023-03-01T00:00:00Z"), recordedBy: "staff_a2", source: 3, evidence };
    const given = { complianceConfig: marketing, consentProvenance };
    await imported(kind.import(id, given, { createdTime: time("2023-01-01T00:00:00Z") }));
    expect(await newest(id)).toMatchObject({
      ...{ source: 3, recordedBy: "staff_a2", evidence },
      givenTime: time("2023-03-01T00:00:00Z"),
    });
    expect([await allowedAt(id, "2023-02-01T00:00:00Z"), await allowedAt(id, "2024-01-01T00:00:00Z")]).toEqual([
      false,
      true,
    ]);
  });

  it("that an import states is as old as the record, and the default is not", async () => {
    const [stated, none] = [freshId(), freshId()];
    const createdTime = time("2023-01-01T00:00:00Z");
    await imported(kind.import(stated, { complianceConfig: marketing }, { createdTime }));
    await imported(kind.import(none, {}, { createdTime }));
    expect(await allowedAt(stated, "2024-01-01T00:00:00Z")).toBe(true);
    expect(await newest(stated)).toMatchObject({ source: 2, recordedBy: "staff_a1" });
    const byDefault = await newest(none);
    expect(byDefault?.givenTime).toEqual(byDefault?.occurredTime);
  });

  it("is refused with all faults of where it comes from, and nothing is stored", async () => {
    const path = `${kind.within}consent_provenance`;
    const wrong = { source: 99, evidence: { wordingVersion: "a b", language: "05/04", reference: "a\nb" } };
    const faults = ["evidence.language", "evidence.reference", "evidence.wording_version", "source"];
    expect(await faultsOfImport(kind.import(freshId(), { consentProvenance: wrong }, {}))).toEqual(
      faults.map((field) => `${path}.${field}`),
    );
    for (const year of ["1989", "2999"]) {
      const provenance = { givenTime: time(`${year}-12-31T00:00:00Z`), recordedBy: "nobody" };
      const id = freshId();
      expect(await faultsOfImport(kind.import(id, { consentProvenance: provenance }, {}))).toEqual([
        ...[`${path}.given_time`, `${path}.recorded_by`],
      ]);
      expect(await server.refused(listConsentHistory, { ...kind.subject(id), pagination: {} })).toMatchObject({
        code: "NOT_FOUND",
      });
    }
    const { id } = await kind.create({});
    const refused = await kind.refusedUpdate(id, {
      consentProvenance: { givenTime: time("2023-01-01T00:00:00Z"), recordedBy: "staff_a1" },
    });
    expect(refused.violations).toEqual(
      ["given_time", "recorded_by"].map((field) => ({ field: `consent_provenance.${field}`, reason: "NOT_ALLOWED" })),
    );
  });
});

it("no answer contradicts another: the customer, its history and every check of it", async () => {
  const { id } = await server.ok(createCustomer, newCustomer({ complianceConfig: marketing }));
  const changes = [
    ...[{ preference: { receiveAutoMessage: true } }, { complianceConfig: { ...marketing, isConsented: true } }],
    ...[{ complianceConfig: { isAgreedMarketingPolicy: false } }, { preference: { subscribeToMarketingEmails: true } }],
    { complianceConfig: { serviceRelatedChannels: { channels: [1, 2, 3] } } },
  ];
  for (const change of changes) {
    const stored = await server.ok(updateCustomer, { id, companyId, ...change });
    expect(await server.ok(getCustomer, { id })).toEqual(stored);
    const subject = { companyId, subject: { case: "customerId" as const, value: id } };
    const { entries } = await server.ok(listConsentHistory, { ...subject, pagination: {} });
    expect(entries[0]).toMatchObject({ after: stored.complianceConfig, preferenceAfter: stored.preference });
    const { complianceConfig: consent, preference: wanted } = stored;
    const may = async (channel: number, purpose: number) =>
      (await server.ok(checkConsent, { ...subject, channel, purpose })).allowed;
    expect(await may(2, 2)).toBe(
      !!consent?.marketingCampaignsChannels.includes(2) &&
        consent.isAgreedMarketingPolicy &&
        !!wanted?.subscribeToMarketingEmails,
    );
    const byText = !!consent?.serviceRelatedChannels.includes(1) && !!wanted?.receiveAutoMessage;
    expect([await may(1, 1), await may(1, 3)]).toEqual([byText, byText && !!wanted?.receiveAppointmentReminder]);
  }
});

type Import = ReturnType<(typeof kinds)[number][1]["import"]>;

async function imported(call: Import): Promise<void> {
  expect(await call).toMatchObject({ ok: true });
}

async function faultsOfImport(call: Import): Promise<string[]> {
  const answer = await call;
  if (answer.ok) throw new Error("the import was accepted");
  return answer.violations.map(({ field }) => field).toSorted();
}
