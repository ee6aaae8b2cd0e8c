import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { RecordOrder } from "../../src/gen/proto/moego/business/customer/v1/record_search_pb.js";
import { keys } from "../support/fixture-keys.js";
import { invalidField } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { listLeads, updateLead, getLead } = LeadService.method;
const at = (text: string) => timestampFromDate(new Date(text));

async function ids(filter: Parameters<typeof request>[0] = {}, key = keys.a): Promise<string[]> {
  const { leads } = await server.ok(listLeads, request(filter), { key });
  return leads.map((lead) => lead.id);
}

function request(filter: object) {
  return { companyId: "cmp_a", pagination: {}, filter };
}

describe("ListLeads", () => {
  it("has a stable order: newest first, without archived ones", async () => {
    expect(await ids()).toEqual(["lcus_both", "lcus_a3", "lcus_a2", "lcus_a1"]);
  });

  it("shows each lead as GetLead does", async () => {
    const { leads } = await server.ok(listLeads, request({ email: "lena@example.com" }));
    expect(leads).toEqual([await server.ok(getLead, { id: "lcus_a1" })]);
  });

  it.each([
    ["its stage", { lifeCycleId: "lc_a2" }, ["lcus_a1"]],
    ["its action status", { actionStatusId: "as_a1" }, ["lcus_a1"]],
    ["its phone in any spelling", { mainPhoneNumber: "(212) 555-0102" }, ["lcus_a2"]],
    ["its email whatever the case", { email: "LENA@example.COM" }, ["lcus_a1"]],
    ["its location", { preferredBusinessIds: ["biz_a2"] }, ["lcus_a2"]],
    ["its staff", { allocateStaffIds: ["staff_a1", "staff_z"] }, ["lcus_a1"]],
    ["its source", { referralSourceIds: ["ref_a1"] }, ["lcus_a1"]],
    [
      "when it was created",
      { createdTime: { startTime: at("2024-03-02T10:00:00Z"), endTime: at("2024-03-03T10:00:00Z") } },
      ["lcus_a2"],
    ],
    ["several at once", { lifeCycleId: "lc_a2", email: "else@example.com" }, []],
    ["what another company has", { lifeCycleId: "lc_c1" }, []],
  ])("finds a lead by %s", async (_, filter, found) => {
    expect(await ids(filter)).toEqual(found);
  });

  it("has a changed-since filter, in the order of change", async () => {
    const since = new Date();
    await server.ok(updateLead, { id: "lcus_a2", lead: { lastName: "First" } });
    await server.ok(updateLead, { id: "lcus_a1", lead: { lastName: "Second" } });
    expect(await ids({ lastUpdatedTime: { startTime: timestampFromDate(since) } })).toEqual(["lcus_a2", "lcus_a1"]);
  });

  it("shows a key of one location its own alone", async () => {
    expect(await ids({}, keys.businessA1)).toEqual(["lcus_both", "lcus_a1"]);
    const other = request({ preferredBusinessIds: ["biz_a2"] });
    expect(await server.refused(listLeads, other, { key: keys.businessA1 })).toMatchObject({
      reason: "BUSINESS_NOT_ALLOWED",
    });
  });

  it("takes locations beside the filter, as published clients send them, together with those of the filter", async () => {
    const at = async (businessIds: string[], preferredBusinessIds: string[] = []) => {
      const { leads } = await server.ok(listLeads, { ...request({ preferredBusinessIds }), businessIds });
      return leads.map((lead) => lead.id);
    };
    expect(await at(["biz_a2"])).toEqual(["lcus_a2"]);
    expect(await at(["biz_a1", "biz_a2"], ["biz_a2"])).toEqual(["lcus_a2"]);
    expect(await at(["biz_a1"], ["biz_a2"])).toEqual([]);
  });

  it("finds leads by name and custom field, in the chosen order, page by page", async () => {
    const names = ["Ündine Alt", "Ben O'Neil", "Carla Undine"] as const;
    const customFields = { field_of_leads: { value: { case: "string" as const, value: "Blue" } } };
    const made = names.map(async (name) => {
      const [firstName = "", lastName = ""] = name.split(" ");
      const lead = { ...{ companyId: "cmp_a", firstName, lastName, phone: "+12125550177" }, customFields };
      return (await server.ok(LeadService.method.createLead, { lead })).id;
    });
    const [undine = "", ben = "", carla = ""] = await Promise.all(made);
    expect((await ids({ name: "undine" })).toSorted()).toEqual([undine, carla].toSorted());
    expect((await ids({ name: "udnine" })).toSorted()).toEqual([undine, carla].toSorted());
    expect(await ids({ namePrefix: "oneil b" })).toEqual([ben]);
    expect(await ids({ namePrefix: "onel" })).toEqual([]);
    await server.database.owner.query(
      "INSERT INTO lead_tag (company_id, lead_id, tag_id) VALUES ('cmp_a', $1, 'tag_a1')",
      [ben],
    );
    expect(await ids({ tagIds: ["tag_a1", "tag_z"] })).toEqual([ben]);
    expect(await ids({ tagIds: ["tag_c1"] })).toEqual([]);
    const filter = { customFields: [{ field: "cf_of_leads", values: ["blue"] }] };
    const page = { ...request(filter), orderBy: RecordOrder.NAME_ASC };
    const first = await server.ok(listLeads, { ...page, pagination: { pageSize: 2 } });
    const second = await server.ok(listLeads, { ...page, pagination: { pageToken: first.nextPageToken } });
    expect([...first.leads, ...second.leads].map(({ id }) => id)).toEqual([ben, carla, undine]);
  });

  it("refuses an impossible phone and a turned interval", async () => {
    expect(await server.refused(listLeads, request({ mainPhoneNumber: "12" }))).toMatchObject(
      invalidField("filter.main_phone_number", "INVALID_FORMAT"),
    );
    const turned = { startTime: at("2024-02-01T00:00:00Z"), endTime: at("2024-01-01T00:00:00Z") };
    expect(await server.refused(listLeads, request({ lastUpdatedTime: turned }))).toMatchObject(
      invalidField("filter.last_updated_time", "CONFLICT"),
    );
  });
});
