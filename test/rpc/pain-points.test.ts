import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import { ApiKeyService } from "../../src/gen/proto/moego/admin/v1/api_key_service_pb.js";
import { CustomFieldAdminService } from "../../src/gen/proto/moego/admin/v1/custom_field_admin_service_pb.js";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { CustomerSettingAdminService } from "../../src/gen/proto/moego/admin/v1/customer_setting_admin_service_pb.js";
import { Organization_Type } from "../../src/gen/proto/moego/auth/apikey/v1/apikey_pb.js";
import { Customer_Status } from "../../src/gen/proto/moego/business/customer/v1/customer_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { fieldsOf } from "../support/answer.js";
import { newCustomer } from "../support/new-customer.js";
import { aDog, newLead } from "../support/new-lead.js";
import { newField } from "../support/new-setting.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { createLead, getLead, updateLead, listLeads, promoteLead } = LeadService.method;
const { createCustomer, getCustomer, updateCustomer, listCustomers } = CustomerService.method;
const lists = CustomerSettingAdminService.method;
const fields = CustomFieldAdminService.method;
const keysRpc = ApiKeyService.method;
const companyId = "cmp_a";
const all = { companyId, pagination: { pageSize: 500 } };

/** What hurts in the published API (contract.md section 13), one test each; the files named after rpcs go deeper. */
describe("a pain point of the published API is closed:", () => {
  it("lead creation is idempotent", async () => {
    const headers = { "idempotency-key": "one-event" };
    const first = await server.ok(createLead, newLead(), { headers });
    const again = await server.call(createLead, newLead(), { headers });
    expect(again).toMatchObject({ ok: true, message: first, headers: { "idempotency-replayed": "true" } });
  });

  it("a lead with pets is atomic: a failing third pet leaves nothing", async () => {
    const before = await countOf(["lead", "pet", "change"]);
    const third = { ...aDog, petCodes: [{ id: "pc_of_nobody" }] };
    expect(fieldsOf(await server.refused(createLead, newLead({ pets: [aDog, aDog, third] })))).toEqual([
      "lead.pets[2].pet_codes[0].id",
    ]);
    expect(await countOf(["lead", "pet", "change"])).toEqual(before);
  });

  it("phones are checked and normalised", async () => {
    expect(fieldsOf(await server.refused(createLead, newLead({ phone: "12" })))).toEqual(["lead.phone"]);
    expect((await server.ok(createLead, newLead({ phone: "(212) 555-0177" }))).phone).toBe("+12125550177");
  });

  it("consent is atomic with the record", async () => {
    const before = await countOf(["lead", "consent_event"]);
    const complianceConfig = { marketingCampaignsChannels: { channels: [1] } };
    const lead = await server.ok(createLead, { ...newLead(), complianceConfig });
    expect(lead.complianceConfig?.marketingCampaignsChannels).toEqual([1]);
    expect(await countOf(["lead", "consent_event"])).toEqual(before.map((count) => count + 1));
    await server.refused(createLead, {
      ...newLead(),
      complianceConfig: { marketingCampaignsChannels: { channels: [0] } },
    });
    expect(await countOf(["lead", "consent_event"])).toEqual(before.map((count) => count + 1));
  });

  it("bad custom fields are INVALID_ARGUMENT with the code in the field path", async () => {
    const customFields = { nobodys: text("x"), field_of_leads: { value: { case: "int64" as const, value: 1n } } };
    const refusal = await server.refused(createLead, newLead({ customFields }));
    expect(refusal.code).toBe("INVALID_ARGUMENT");
    expect(fieldsOf(refusal)).toEqual(['lead.custom_fields["field_of_leads"]', 'lead.custom_fields["nobodys"]']);
  });

  it("leads and customers are filtered by email", async () => {
    const email = "Only.One@Example.com";
    const filter = { email: email.toLowerCase() };
    const { id } = await server.ok(createLead, newLead({ email }));
    const customer = await server.ok(createCustomer, newCustomer({ email }));
    expect((await server.ok(listLeads, { ...all, filter })).leads.map((lead) => lead.id)).toEqual([id]);
    expect((await server.ok(listCustomers, { ...all, filter })).customers.map((one) => one.id)).toEqual([customer.id]);
  });

  it("leads are filtered by when they changed", async () => {
    const old = await server.ok(createLead, newLead());
    const since = timestampFromDate(new Date());
    const recent = await server.ok(createLead, newLead());
    const { leads } = await server.ok(listLeads, { ...all, filter: { lastUpdatedTime: { startTime: since } } });
    expect(leads.map(({ id }) => id)).toEqual([recent.id]);
    expect(leads.map(({ id }) => id)).not.toContain(old.id);
  });

  it("a promoted lead is traceable in both directions", async () => {
    const { id } = await server.ok(createLead, newLead());
    const { customer } = await server.ok(promoteLead, { id });
    expect(await server.refused(getLead, { id })).toMatchObject({
      ...{ code: "NOT_FOUND", reason: "LEAD_PROMOTED", metadata: { customerId: customer?.id } },
    });
    expect((await server.ok(getCustomer, { id: customer?.id ?? "" })).sourceLeadId).toBe(id);
  });

  it("referral sources, tags, stages and fields are manageable", async () => {
    const source = (await server.ok(lists.createReferralSource, { companyId, name: "Flyer" })).referralSource;
    const stage = (await server.ok(lists.createLifeCycle, { companyId, name: "Met" })).lifeCycle;
    const tag = (await server.ok(lists.createTag, { companyId, name: "Early bird" })).tag;
    const field = (await server.ok(fields.createCustomField, newField())).customField;
    const code = field?.code ?? "";
    const [referralSource, lifeCycle] = [{ id: source?.id ?? "" }, { id: stage?.id ?? "" }];
    const lead = await server.ok(
      createLead,
      newLead({ referralSource, lifeCycle, customFields: { [code]: text("x") } }),
    );
    expect(lead).toMatchObject({ referralSource: { name: "Flyer" }, lifeCycle: { name: "Met" } });
    await server.ok(createCustomer, newCustomer({ tags: [{ id: tag?.id ?? "" }] }));
    await server.ok(lists.updateReferralSource, { companyId, ...referralSource, name: "Leaflet" });
    expect((await server.ok(getLead, { id: lead.id })).referralSource?.name).toBe("Leaflet");
    await server.ok(lists.archiveReferralSource, { companyId, ...referralSource });
    await server.ok(lists.archiveLifeCycle, { companyId, ...lifeCycle });
    await server.ok(lists.archiveTag, { companyId, id: tag?.id ?? "" });
    await server.ok(fields.archiveCustomField, { companyId, id: field?.id ?? "" });
    const again = await server.refused(
      createLead,
      newLead({ referralSource, lifeCycle, customFields: { [code]: text("x") } }),
    );
    expect(fieldsOf(again)).toEqual([
      `lead.custom_fields["${code}"]`,
      ...["lead.life_cycle.id", "lead.referral_source.id"],
    ]);
  });

  it("tags are removable", async () => {
    const tags = [{ id: "tag_a1" }, { id: "tag_a2" }];
    const { id } = await server.ok(createCustomer, newCustomer({ tags }));
    await server.ok(CustomerAdminService.method.removeCustomerTags, { companyId, id, tagIds: ["tag_a1"] });
    expect((await server.ok(getCustomer, { id })).tags.map((tag) => tag.id)).toEqual(["tag_a2"]);
    const cleared = await server.ok(updateCustomer, { companyId, id, updateMask: { paths: ["tags"] } });
    expect(cleared.tags).toEqual([]);
  });

  it("preference, referral source, status and colour are changeable", async () => {
    const { id } = await server.ok(createCustomer, newCustomer());
    const preference = { receiveAutoMessage: false, subscribeToMarketingEmails: true };
    const status = Customer_Status.INACTIVE;
    const change = { preference, status, referralSource: { id: "ref_a1" }, colorCode: "#336699" };
    await server.ok(updateCustomer, { companyId, id, ...change });
    expect(await server.ok(getCustomer, { id })).toMatchObject(change);
  });

  it("omitted and cleared are told apart", async () => {
    const { id } = await server.ok(createLead, newLead({ lastName: "Kept", email: "gone@example.com" }));
    const updated = await server.ok(updateLead, { id, lead: {}, updateMask: { paths: ["email"] } });
    expect(updated).toMatchObject({ lastName: "Kept", email: "" });
    expect(await server.ok(updateLead, { id, lead: { email: "" } })).toMatchObject({ lastName: "Kept" });
  });

  it("list order is documented and stable", async () => {
    const made = [];
    for (const lastName of ["1", "2", "3"]) made.push((await server.ok(createLead, newLead({ lastName }))).id);
    const walk = async () => (await server.ok(listLeads, all)).leads.map(({ id }) => id);
    const order = await walk();
    expect(order.slice(0, 3)).toEqual(made.toReversed());
    await server.ok(updateLead, { id: made[0] ?? "", lead: { lastName: "changed" } });
    expect(await walk()).toEqual(order);
    const { tags } = await server.ok(SettingService.method.listCustomerTags, { companyId });
    expect((await server.ok(SettingService.method.listCustomerTags, { companyId })).tags).toEqual(tags);
  });

  it("a key is limited by IP and organization at once", async () => {
    const organizations = [{ type: Organization_Type.COMPANY, id: companyId }];
    const limited = async (range: string) => {
      const restrictions = {
        ...{ scopes: ["lead:read"], allowedIpRanges: [range] },
        clientRestrictions: { case: "organizationRestrictions" as const, value: { organizations } },
      };
      const { key } = await server.ok(keysRpc.createApiKey, { name: range, restrictions });
      return { key: { secret: key?.secret ?? "" } };
    };
    const near = await limited("127.0.0.0/8");
    await server.ok(listLeads, all, near);
    expect((await server.refused(listLeads, { ...all, companyId: "cmp_c" }, near)).reason).toBe("COMPANY_NOT_ALLOWED");
    expect((await server.refused(listLeads, all, await limited("203.0.113.0/24"))).reason).toBe("IP_NOT_ALLOWED");
  });
});

function text(value: string) {
  return { value: { case: "string" as const, value } };
}

async function countOf(tables: readonly string[]): Promise<number[]> {
  const counts = await Promise.all(
    tables.map((table) => server.database.owner.query<{ count: number }>(`SELECT count(*)::int FROM ${table}`)),
  );
  return counts.map(({ rows }) => rows[0]?.count ?? 0);
}
