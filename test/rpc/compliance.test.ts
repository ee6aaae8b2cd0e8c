import type { MessageInitShape } from "@bufbuild/protobuf";
import { afterAll, describe, expect, it } from "vitest";
import {
  ComplianceChannel,
  type CustomerComplianceConfigUpdateDefSchema,
} from "../../src/gen/proto/moego/business/customer/v1/compliance_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { invalidField } from "../support/refused-with.js";
import { type CallOptions, startServer } from "../support/server.js";

type Change = MessageInitShape<typeof CustomerComplianceConfigUpdateDefSchema>;

const server = await startServer();
afterAll(() => server.stop());

const { createCustomer, getCustomer, updateCustomer } = CustomerService.method;
const { SMS, EMAIL, AUTO_CALL } = {
  SMS: ComplianceChannel.SMS,
  EMAIL: ComplianceChannel.EMAIL,
  AUTO_CALL: ComplianceChannel.AUTO_CALL,
};
const flagsOff = { brandedAppEnabled: false, isAgreedMarketingPolicy: false, isConsented: false };
const flagsOn = { brandedAppEnabled: true, isAgreedMarketingPolicy: true, isConsented: true };
const defaults = { serviceRelatedChannels: [SMS, EMAIL], marketingCampaignsChannels: [], ...flagsOff };
const everything = {
  serviceRelatedChannels: { channels: [AUTO_CALL] },
  marketingCampaignsChannels: { channels: [EMAIL, SMS] },
  ...flagsOn,
};

describe("compliance at creation", () => {
  it("defaults to service messages by SMS and email, no automated calls, no marketing, nothing agreed to", async () => {
    expect((await created()).complianceConfig).toMatchObject(defaults);
    expect((await created({})).complianceConfig).toMatchObject(defaults);
  });

  it("takes each part that is given and the default of each that is not", async () => {
    const partly = await created({ marketingCampaignsChannels: { channels: [EMAIL] }, isConsented: true });
    expect(partly.complianceConfig).toMatchObject({
      ...defaults,
      marketingCampaignsChannels: [EMAIL],
      isConsented: true,
    });
    const none = await created({ serviceRelatedChannels: { channels: [] } });
    expect(none.complianceConfig).toMatchObject({ ...defaults, serviceRelatedChannels: [] });
  });

  it("refuses a channel that is unspecified or unknown", async () => {
    const complianceConfig = { serviceRelatedChannels: { channels: [SMS, ComplianceChannel.UNSPECIFIED] } };
    expect(await server.refused(createCustomer, newCustomer({ complianceConfig }))).toMatchObject(
      invalidField("compliance_config.service_related_channels.channels[1]", "NOT_ALLOWED"),
    );
  });
});

describe("compliance in an update", () => {
  it("keeps what is absent", async () => {
    const { id } = await created(everything);
    await updated(id, undefined);
    expect((await updated(id, {})).complianceConfig).toMatchObject({
      serviceRelatedChannels: [AUTO_CALL],
      marketingCampaignsChannels: [EMAIL, SMS],
      ...flagsOn,
    });
  });

  it("replaces a list that is present, and clears it by an empty one", async () => {
    const { id } = await created(everything);
    const replaced = await updated(id, { marketingCampaignsChannels: { channels: [SMS] } });
    expect(replaced.complianceConfig).toMatchObject({
      serviceRelatedChannels: [AUTO_CALL],
      marketingCampaignsChannels: [SMS],
    });
    const cleared = await updated(id, { marketingCampaignsChannels: { channels: [] } });
    expect(cleared.complianceConfig).toMatchObject({
      serviceRelatedChannels: [AUTO_CALL],
      marketingCampaignsChannels: [],
    });
  });

  it("tells false from absent", async () => {
    const { id } = await created(everything);
    const { complianceConfig } = await updated(id, { isConsented: false });
    expect(complianceConfig).toMatchObject({ ...flagsOn, isConsented: false });
  });

  it("takes one channel given twice for one", async () => {
    const { complianceConfig } = await created({ serviceRelatedChannels: { channels: [SMS, SMS, EMAIL, SMS] } });
    expect(complianceConfig?.serviceRelatedChannels).toEqual([SMS, EMAIL]);
  });
});

describe("the consent ledger", () => {
  it("keeps who granted what, when, by which key, from which address, before and after", async () => {
    const headers = { "x-request-id": "request-of-creation" };
    const { id, createdTime } = await created({ isConsented: true }, { headers });
    const nextHeaders = { "x-request-id": "request-of-change" };
    const { lastUpdatedTime } = await updated(
      id,
      { serviceRelatedChannels: { channels: [] } },
      { headers: nextHeaders },
    );
    const granted = {
      ...flagsOff,
      serviceRelatedChannels: ["SMS", "EMAIL"],
      marketingCampaignsChannels: [],
      isConsented: true,
    };
    const withdrawn = { ...granted, serviceRelatedChannels: [] };
    const common = { key_id: keys.a.id, staff_id: "staff_a1", ip: "127.0.0.1" };
    expect(await ledgerOf(id)).toEqual([
      {
        ...common,
        rpc: "moego.business.customer.v1.CustomerService/CreateCustomer",
        request_id: "request-of-creation",
        seconds: Number(createdTime?.seconds),
        before: null,
        after: granted,
      },
      {
        ...common,
        rpc: "moego.business.customer.v1.CustomerService/UpdateCustomer",
        request_id: "request-of-change",
        seconds: Number(lastUpdatedTime?.seconds),
        before: granted,
        after: withdrawn,
      },
    ]);
  });

  it("gets no row for an update that changes no consent", async () => {
    const { id } = await created({ serviceRelatedChannels: { channels: [SMS, EMAIL] } });
    await updated(id, undefined);
    await updated(id, { serviceRelatedChannels: { channels: [EMAIL, SMS] }, isConsented: false });
    expect(await ledgerOf(id)).toHaveLength(1);
  });

  it("gets no row for a write that is refused", async () => {
    const { id } = await created();
    const request = { id, companyId: "cmp_a", firstName: "", complianceConfig: everything };
    await server.refused(updateCustomer, request);
    await server.refused(updateCustomer, { ...request, firstName: "A", etag: "99" });
    await server.refused(updateCustomer, { ...request, firstName: "A", assignedStaffId: "staff_z" });
    expect(await ledgerOf(id)).toHaveLength(1);
    expect((await server.ok(getCustomer, { id })).complianceConfig).toMatchObject(defaults);
  });

  it("gets one row for a create and an update that are repeated with their idempotency keys", async () => {
    const headers = { "idempotency-key": "consent-once" };
    const first = await created(everything, { headers });
    expect((await created(everything, { headers })).id).toBe(first.id);
    await updated(first.id, { isConsented: false }, { headers });
    await updated(first.id, { isConsented: false }, { headers });
    expect(await ledgerOf(first.id)).toHaveLength(2);
  });
});

function created(complianceConfig?: Change, options?: CallOptions) {
  return server.ok(createCustomer, newCustomer(complianceConfig ? { complianceConfig } : {}), options);
}

function updated(id: string, complianceConfig: Change | undefined, options?: CallOptions) {
  const change = complianceConfig ? { complianceConfig } : {};
  return server.ok(updateCustomer, { id, companyId: "cmp_a", source: "x", ...change }, options);
}

async function ledgerOf(customerId: string): Promise<unknown[]> {
  const { rows } = await server.database.owner.query(
    `SELECT key_id, staff_id, ip, rpc, request_id, floor(extract(epoch FROM occurred_time))::int AS seconds, before, after
     FROM consent_event WHERE company_id = 'cmp_a' AND subject_kind = 'customer' AND subject_id = $1 ORDER BY occurred_time`,
    [customerId],
  );
  return rows;
}
