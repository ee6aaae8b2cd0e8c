import type { DescMethodUnary, JsonObject } from "@bufbuild/protobuf";
import { afterAll, describe, expect, it } from "vitest";
import { DirectoryAdminService } from "../../src/gen/proto/moego/admin/v1/directory_admin_service_pb.js";
import { BusinessService } from "../../src/gen/proto/moego/business/business/v1/business_service_pb.js";
import { CompanyService } from "../../src/gen/proto/moego/business/company/v1/company_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { StaffService } from "../../src/gen/proto/moego/business/staff/v1/staff_service_pb.js";
import { CallerService } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { ExternalApiService } from "../../src/gen/proto/moego/callcenter/v1/external_api_service_pb.js";
import { IvrFlowService } from "../../src/gen/proto/moego/callcenter/v1/ivr_flow_service_pb.js";
import { services } from "../../src/services.js";
import { startServer } from "../support/server.js";

const server = await startServer({ environment: { EXTERNAL_API_ALLOW: "127.0.0.1:443" } });
afterAll(() => server.stop());

interface Resource {
  readonly get: DescMethodUnary;
  readonly update: DescMethodUnary;
  readonly named: JsonObject;
  /** How the update names it, beside what GET answers. */
  readonly by?: JsonObject;
  /** Member of the update that holds what GET answers. */
  readonly holder?: string;
  /** A member that names another record, and where it is refused. */
  readonly conflict: readonly [JsonObject, string];
}

const companyId = "cmp_a";
const admin = DirectoryAdminService.method;
const ofCompany = (id: string) => ({ companyId, id });

const resources: readonly Resource[] = [
  {
    ...{ get: CustomerService.method.getCustomer, update: CustomerService.method.updateCustomer },
    ...{ named: { id: "cus_a1" }, conflict: [{ rawId: "1" }, "raw_id"] },
  },
  {
    ...{ get: LeadService.method.getLead, update: LeadService.method.updateLead, holder: "lead" },
    ...{ named: { id: "lcus_a1" }, by: { id: "lcus_a1" }, conflict: [{ id: "lcus_a2" }, "lead.id"] },
  },
  {
    ...{ get: PetService.method.getPet, update: PetService.method.updatePet },
    ...{ named: { customerId: "cus_a1", id: "pet_a1" }, conflict: [{ petCodes: [{ id: "pc_a2" }] }, "pet_codes"] },
  },
  {
    ...{ get: SettingService.method.getService, update: SettingService.method.updateService },
    ...{ named: ofCompany("srv_a1"), by: ofCompany("srv_a1"), conflict: [{ serviceType: "ADDON" }, "service_type"] },
  },
  {
    ...{ get: CompanyService.method.getCompany, update: admin.updateCompany },
    ...{ named: { id: companyId }, by: { companyId }, conflict: [{ id: "cmp_c" }, "id"] },
  },
  {
    ...{ get: BusinessService.method.getBusiness, update: admin.updateBusiness },
    ...{ named: { id: "biz_a1" }, by: ofCompany("biz_a1"), conflict: [{ address: { id: "addr_x" } }, "address.id"] },
  },
  {
    ...{ get: StaffService.method.getStaff, update: admin.updateStaff },
    ...{ named: { id: "staff_a1" }, by: ofCompany("staff_a1") },
    conflict: [{ workingBusinessIds: ["biz_x"] }, "working_businesses.business_ids[0]"],
  },
  {
    ...{ get: CallerService.method.getCallerProfile, update: CallerService.method.updateCallerProfile },
    ...{ named: { companyId, customerId: "cus_a1" }, by: { companyId, customerId: "cus_a1" } },
    conflict: [{ profile: { customerId: "cus_a2" } }, "customer_id"],
  },
  {
    ...{ get: ExternalApiService.method.getExternalApi, update: ExternalApiService.method.updateExternalApi },
    ...{ named: ofCompany("xapi_a1"), by: ofCompany("xapi_a1") },
    conflict: [{ externalApi: { id: "xapi_a2" } }, "id"],
  },
  {
    ...{ get: IvrFlowService.method.getIvrFlow, update: IvrFlowService.method.updateIvrFlow },
    ...{ named: ofCompany("ivr_a1"), by: ofCompany("ivr_a1"), conflict: [{ ivrFlow: { id: "ivr_a2" } }, "id"] },
  },
];

const transports = ["rest", "connect-json"] as const;

async function read({ get, named }: Resource, transport: (typeof transports)[number]): Promise<JsonObject> {
  const answer = await server.callJson(get, named, { transport });
  if (!answer.ok) throw new Error(`${get.name} was refused: ${answer.text}`);
  return answer.message;
}

function sentBack({ by, holder }: Resource, json: JsonObject): JsonObject {
  return { ...by, ...(holder ? { [holder]: json } : json) };
}

/** Without what every write moves. */
function still(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(still);
  if (typeof json !== "object" || json === null) return json;
  const members = Object.entries(json).filter(([name]) => !["etag", "lastUpdatedTime", "lastUpdatedBy"].includes(name));
  return Object.fromEntries(members.map(([name, value]) => [name, still(value)]));
}

describe.each(resources.map((resource) => [resource.update.name, resource] as const))("%s", (_name, resource) => {
  it.each(transports)("takes back over %s what GET answers, and changes nothing", async (transport) => {
    const before = await read(resource, transport);
    const answer = await server.callJson(resource.update, sentBack(resource, before), { transport });
    expect(answer.ok ? [] : [answer.text, answer.violations]).toEqual([]);
    expect(still(await read(resource, transport))).toEqual(still(before));
  });

  it("refuses what names another record", async () => {
    const [conflict, field] = resource.conflict;
    const before = await read(resource, "rest");
    const answer = await server.callJson(resource.update, sentBack(resource, { ...before, ...conflict }), {
      transport: "rest",
    });
    expect(answer).toMatchObject({ ok: false, violations: [{ field }] });
    expect(still(await read(resource, "rest"))).toEqual(still(before));
  });
});

it("every resource that can be read and updated is in the table", () => {
  const methods = services.flatMap((service) => service.methods);
  const updated = methods.filter(({ name }) => name.startsWith("Update"));
  const both = updated.filter(({ name }) => methods.some((get) => get.name === name.replace("Update", "Get")));
  expect(both.map(({ name }) => name).toSorted()).toEqual(resources.map(({ update }) => update.name).toSorted());
});
