import {
  type DescMessage,
  type DescMethodUnary,
  type JsonObject,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toJson,
} from "@bufbuild/protobuf";
import { BusinessService } from "../../src/gen/proto/moego/business/business/v1/business_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { PackageService } from "../../src/gen/proto/moego/business/package/v1/package_service_pb.js";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { StaffService } from "../../src/gen/proto/moego/business/staff/v1/staff_service_pb.js";
import { environmentBeside } from "../export/exported-company.js";
import { moegoHere } from "../server/command.js";
import { keys } from "../support/fixture-keys.js";
import { startServer, type TestServer } from "../support/server.js";

const companyId = "cmp_a";

/** A server without companies, to which one is mirrored. */
export async function startTarget(): Promise<TestServer> {
  const target = await startServer({ tables: [] });
  await target.insertKeys([keys.a]);
  return target;
}

/** Runs `moego mirror` into the target. */
export async function runMirror(target: TestServer, url: string, ...words: readonly string[]) {
  const environment = { ...environmentBeside(target.database), SOURCE_KEY: keys.a.secret };
  return await moegoHere(["mirror", "--from", url, "--key-env", "SOURCE_KEY", ...words], environment);
}

export type Shown = Readonly<Record<string, JsonObject>>;

/** The company as the API shows it: records by kind and id, and lists of settings. */
export async function shownBy(server: TestServer): Promise<Shown> {
  const all: Record<string, JsonObject> = {};
  const lastUpdatedTime = { startTime: { seconds: 0n, nanos: 0 } };
  const filter = { lastUpdatedTime };
  const add = (kind: string, records: readonly JsonObject[]) => {
    for (const record of records) {
      const info = objectOf(record["packageInfo"] ?? record);
      if (info["departure"] === undefined) all[`${kind} ${String(info["id"])}`] = withoutLocal(record);
    }
  };
  const { listCustomers } = CustomerService.method;
  add("customer", await recordsOf(server, listCustomers, { companyId, filter }, "customers"));
  add("lead", await recordsOf(server, LeadService.method.listLeads, { companyId, filter }, "leads"));
  add("pet", await recordsOf(server, PetService.method.listAllPets, { companyId, filter }, "pets"));
  const { listPackages, listPackageDetails } = PackageService.method;
  const packages = await recordsOf(server, listPackages, { companyId, lastUpdatedTime }, "packages");
  const packageIds = packages.flatMap(({ id, departure }) => (departure === undefined ? [String(id)] : []));
  const details = { companyId, packageIds };
  if (packageIds.length > 0) add("package", await recordsOf(server, listPackageDetails, details, "packageDetails"));
  const { listBusiness } = BusinessService.method;
  add("business", await recordsOf(server, listBusiness, { companyId, showArchived: true }, "businesses"));
  add("staff", await recordsOf(server, StaffService.method.listStaffs, { companyId }, "staffs"));
  await addSettings(server, all);
  return all;
}

async function addSettings(server: TestServer, all: Record<string, JsonObject>): Promise<void> {
  const request = { companyId, showArchived: true };
  const settings = SettingService.method;
  const lists = [
    ...[settings.listCustomerTags, settings.listCustomerReferralSources, settings.listLeadsLifeCycles],
    ...[settings.listLeadsActionStatus, settings.listCustomFields, settings.listPetCodes, settings.listPetSizes],
    ...[settings.listPetTypes, settings.listPetCoatTypes],
  ];
  for (const method of lists) {
    const { body } = await server
      .callJson(method, request)
      .then((answer) => ({ body: answer.ok ? answer.message : {} }));
    all[`setting ${method.name}`] = body;
  }
  const services = await recordsOf(server, settings.listServices, request, "services");
  all["setting ListServices"] = { services: [...services] };
}

async function recordsOf<I extends DescMessage, O extends DescMessage>(
  server: TestServer,
  method: DescMethodUnary<I, O>,
  request: MessageInitShape<I>,
  member: string,
): Promise<readonly JsonObject[]> {
  const records: JsonObject[] = [];
  for (let pageToken = ""; ; ) {
    const pagination = { pageSize: 100, ...(pageToken === "" ? {} : { pageToken }) };
    const message: MessageShape<O> = await server.ok(method, { ...request, pagination });
    const answer = objectOf(toJson<DescMessage>(method.output, message));
    const found = answer[member];
    records.push(...(Array.isArray(found) ? found : []).map(objectOf));
    pageToken = typeof answer["nextPageToken"] === "string" ? answer["nextPageToken"] : "";
    if (pageToken === "") return records;
  }
}

function objectOf(json: JsonValue | undefined): JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json) ? json : {};
}

/** Members that no system has of another one. */
const local = ["etag", "upcomingAppointmentsUrl", "possibleDuplicates", "leadSummary"];

function withoutLocal(record: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(record)
      .filter(([name]) => !local.includes(name))
      .map(([name, value]) => [
        name,
        name === "pets" && Array.isArray(value) ? value.map((pet) => withoutLocal(objectOf(pet))) : value,
      ]),
  );
}
