import { afterAll, describe, expect, it } from "vitest";
import { ConsentService } from "../../src/gen/proto/moego/admin/v1/consent_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { newCustomer } from "../support/new-customer.js";
import { newLead } from "../support/new-lead.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { listConsentHistory, checkConsent } = ConsentService.method;
const { owner } = server.database;
const companyId = "cmp_a";

interface Subject {
  readonly kind: "customer" | "lead";
  make(): Promise<{ readonly id: string }>;
  optOut(id: string): Promise<unknown>;
}

const noMarketing = { marketingCampaignsChannels: { channels: [] }, isAgreedMarketingPolicy: false };
const subjects: readonly (readonly [string, Subject])[] = [
  [
    "a customer",
    {
      kind: "customer",
      make: () => server.ok(CustomerService.method.createCustomer, newCustomer()),
      optOut: (id) =>
        server.ok(CustomerService.method.updateCustomer, { id, companyId, complianceConfig: noMarketing }),
    },
  ],
  [
    "a lead",
    {
      kind: "lead",
      make: () => server.ok(LeadService.method.createLead, newLead()),
      optOut: (id) => server.ok(LeadService.method.updateLead, { id, lead: {}, complianceConfig: noMarketing }),
    },
  ],
];

describe.each(subjects)("when the clock of the database has stepped back, the consent of %s", (_, subject) => {
  const ask = (id: string) =>
    server.ok(checkConsent, { ...subjectOf(subject, id), channel: 2, purpose: 2 }).then(({ allowed }) => allowed);

  it("is the last one, though that was given by a clock ahead of the present one", async () => {
    const { id } = await subject.make();
    expect(await ask(id)).toBe(false);
    await optedInAhead(subject, id);
    expect(await ask(id)).toBe(true);
  });

  it("is the last one, though one before it was given by a clock ahead of the present one", async () => {
    const { id } = await subject.make();
    await optedInAhead(subject, id);
    await subject.optOut(id);
    expect(await ask(id)).toBe(false);
    const { entries } = await server.ok(listConsentHistory, { ...subjectOf(subject, id), pagination: {} });
    expect(entries.map(({ after }) => after?.isAgreedMarketingPolicy)).toEqual([false, true, false]);
  });
});

it("is stamped with the time that its change gave the record", async () => {
  const { id } = await server.ok(CustomerService.method.createCustomer, newCustomer());
  const ahead = "last_updated_time = date_trunc('milliseconds', clock_timestamp()) + interval '1 hour'";
  await owner.query(`UPDATE customer SET ${ahead} WHERE company_id = $1 AND id = $2`, [companyId, id]);
  const complianceConfig = { isConsented: true };
  const changed = await server.ok(CustomerService.method.updateCustomer, { id, companyId, complianceConfig });
  const history = { ...subjectOf({ kind: "customer" }, id), pagination: {} };
  const { entries } = await server.ok(listConsentHistory, history);
  expect(entries[0]?.occurredTime).toEqual(changed.lastUpdatedTime);
});

function subjectOf({ kind }: Pick<Subject, "kind">, value: string) {
  return {
    companyId,
    subject: kind === "customer" ? { case: "customerId" as const, value } : { case: "leadId" as const, value },
  };
}

/** The record and the ledger as an opt-in leaves them by a clock an hour ahead, when the record's time is older, as an imported one. */
async function optedInAhead({ kind }: Subject, id: string): Promise<void> {
  const wanted = kind === "customer" ? "subscribe_to_marketing_emails = true," : "";
  await owner.query(
    `UPDATE ${kind} SET ${wanted} marketing_campaigns_channels = '{2}', is_agreed_marketing_policy = true
     WHERE company_id = $1 AND id = $2`,
    [companyId, id],
  );
  await owner.query(
    `INSERT INTO consent_event (company_id, subject_kind, subject_id, occurred_time, rpc, key_id, ip, request_id, before, after)
     SELECT company_id, subject_kind, subject_id, clock_timestamp() + interval '1 hour', rpc, key_id, ip, request_id, after,
       after || '{"marketingCampaignsChannels": ["EMAIL"], "isAgreedMarketingPolicy": true}'
     FROM consent_event WHERE company_id = $1 AND subject_kind = $2 AND subject_id = $3`,
    [companyId, kind, id],
  );
}
