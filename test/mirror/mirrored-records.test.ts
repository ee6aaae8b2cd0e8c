import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { afterAll, describe, expect, it } from "vitest";
import { ConsentService } from "../../src/gen/proto/moego/admin/v1/consent_service_pb.js";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { environmentBeside } from "../export/exported-company.js";
import { moegoHere } from "../server/command.js";
import { newCustomer } from "../support/new-customer.js";
import { newLead } from "../support/new-lead.js";
import { startServer } from "../support/server.js";
import { openHostedSource } from "./hosted-source.js";
import { runMirror, startTarget } from "./mirror-runs.js";
import { writtenKey } from "./written-key.js";

const source = await startServer();
const target = await startTarget();
afterAll(() => Promise.all([source.stop(), target.stop()]));

const companyId = "cmp_a";
const timeout = 120_000;
const agreed = {
  complianceConfig: { marketingCampaignsChannels: { channels: [1] }, isAgreedMarketingPolicy: true, isConsented: true },
};

/** Changes a customer in the answers of the list. */
function altering(id: string, change: (customer: JsonObject) => JsonObject) {
  return (path: string, body: JsonObject): JsonObject => {
    const { customers } = body;
    if (!path.endsWith("/customers:list") || !Array.isArray(customers)) return body;
    return { ...body, customers: customers.map((one) => (isCustomer(one, id) ? change(one) : one)) };
  };
}

function isCustomer(json: JsonValue, id: string): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json) && json["id"] === id;
}

const made = (fields: Parameters<typeof newCustomer>[0] = {}) =>
  source.ok(CustomerService.method.createCustomer, newCustomer(fields));

const here = (id: string) => target.ok(CustomerService.method.getCustomer, { id });

describe("a mirror", { timeout }, () => {
  it("reads the key from a file as well", async () => {
    await using key = await writtenKey();
    const words = ["mirror", "--from", source.app.httpUrl, "--key-file", key.path];
    expect(await moegoHere(words, environmentBeside(target.database))).toMatchObject({ code: 0 });
  });

  it("does not stop for what it cannot read, and names fields and ids without values", async () => {
    const { id } = await made({ lastName: "Kept" });
    const alter = altering(id, (one) => ({
      ...one,
      ...{ phone: "call the shop", createdTime: "long ago", assignedStaffId: "staff_unknown", lastName: "Kept\u0000" },
    }));
    await using hosted = await openHostedSource(source.app.httpUrl, { isPublished: false, alter });
    const run = await runMirror(target, hosted.url);
    expect(run).toMatchObject({ code: 0 });
    expect(await here(id)).toMatchObject({ lastName: "Kept", phone: "", assignedStaffId: "" });
    for (const line of [
      "customer: phone cannot be read as a phone number, and was left out",
      "customer: createdTime cannot be read, and was left out",
      "customer: last_name had characters that cannot be stored, which were left out",
      "customer: assigned_staff_id names none that the source lists, and was left out",
    ])
      expect(run.stdout).toContain(`${line}: 1 (${id})`);
    expect(run.stdout + run.stderr).not.toMatch(/call the shop|long ago|staff_unknown/);
    // The next one reads it as it is.
    expect(await runMirror(target, source.app.httpUrl)).toMatchObject({ code: 0 });
    expect(await here(id)).toMatchObject({ phone: "+12125550111" });
  });

  it("reports a record with an id that cannot be stored, stores the others, and fails", async () => {
    const { id } = await made();
    const { id: other } = await made();
    const long = "x".repeat(31);
    await using hosted = await openHostedSource(source.app.httpUrl, {
      isPublished: false,
      alter: altering(id, (one) => ({ ...one, id: long })),
    });
    const run = await runMirror(target, hosted.url);
    expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining("1 record could not be stored.") });
    expect(run.stdout).toContain(`Not stored: customer ${long}: its id is longer than 30 characters`);
    expect(await here(other)).toMatchObject({ id: other });
  });

  it("gives no consent to a line that opted out here, and finds no difference in that", async () => {
    const { id } = await made({ phone: "+12125550177", ...agreed });
    await runMirror(target, source.app.httpUrl);
    expect(await here(id)).toMatchObject({ complianceConfig: { marketingCampaignsChannels: [1] } });
    const contact = { case: "phone", value: "+12125550177" } as const;
    await target.ok(ConsentService.method.recordOptOut, { companyId, contact });
    const run = await runMirror(target, source.app.httpUrl, "--verify");
    expect(run).toMatchObject({ code: 0 });
    expect(await here(id)).toMatchObject({
      complianceConfig: { marketingCampaignsChannels: [], serviceRelatedChannels: [2] },
    });
  });

  it("begins the consent ledger of a record, and continues it with each change", async () => {
    const { id } = await made(agreed);
    await runMirror(target, source.app.httpUrl);
    const update = { id, companyId, complianceConfig: { marketingCampaignsChannels: { channels: [] } } };
    await source.ok(CustomerService.method.updateCustomer, update);
    await runMirror(target, source.app.httpUrl);
    const { rows } = await target.database.owner.query(
      "SELECT rpc, before IS NULL AS is_first FROM consent_event WHERE subject_id = $1 ORDER BY occurred_time",
      [id],
    );
    expect(rows).toEqual([
      { rpc: "moego mirror", is_first: true },
      { rpc: "moego mirror", is_first: false },
    ]);
  });

  it("does not bring back what was erased here", async () => {
    const { id } = await made();
    await runMirror(target, source.app.httpUrl);
    await target.ok(CustomerAdminService.method.eraseCustomer, { companyId, id });
    const run = await runMirror(target, source.app.httpUrl);
    expect(run).toMatchObject({ code: 1 });
    expect(run.stdout).toContain(`Not stored: customer ${id}: Customer was permanently erased.`);
    expect(await target.refused(CustomerService.method.getCustomer, { id })).toMatchObject({ code: "NOT_FOUND" });
  });

  it("keeps and reports what was erased in the source", async () => {
    const { id } = await made();
    await runMirror(target, source.app.httpUrl);
    await source.ok(CustomerAdminService.method.eraseCustomer, { companyId, id });
    const run = await runMirror(target, source.app.httpUrl);
    expect(run.stdout).toMatch(new RegExp(`customers are no longer in the source, and stay here: .*${id}`));
    expect(await here(id)).toMatchObject({ id });
  });

  it("has all notes of a lead, more than a list shows", async () => {
    const { id } = await source.ok(LeadService.method.createLead, newLead());
    for (let count = 0; count < 4; count += 1) {
      const notes = Array.from({ length: 15 }, (_, place) => ({ note: `Note ${count}.${place}` }));
      await source.ok(LeadAdminService.method.appendLeadNotes, { companyId, id, notes });
    }
    await runMirror(target, source.app.httpUrl);
    const request = { companyId, id, pagination: { pageSize: 100 } };
    const notes = await target.ok(LeadAdminService.method.listLeadNotes, request);
    expect(notes.notes).toHaveLength(60);
    expect(notes).toEqual(await source.ok(LeadAdminService.method.listLeadNotes, request));
  });

  it("has all notes of a customer, more than a list shows", async () => {
    const { id } = await made();
    for (let count = 0; count < 30; count += 1)
      await source.ok(CustomerService.method.appendCustomerNotes, { id, notes: [{ note: `Note ${count}` }] });
    await runMirror(target, source.app.httpUrl);
    const request = { id, pagination: { pageSize: 100 } };
    const notes = await target.ok(CustomerService.method.listCustomerNotes, request);
    expect(notes).toEqual(await source.ok(CustomerService.method.listCustomerNotes, request));
  });
});
