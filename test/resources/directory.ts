import type { Row } from "../../src/demo/demo-directory.js";
import { DirectoryAdminService } from "../../src/gen/proto/moego/admin/v1/directory_admin_service_pb.js";
import { BusinessService } from "../../src/gen/proto/moego/business/business/v1/business_service_pb.js";
import { CompanyService } from "../../src/gen/proto/moego/business/company/v1/company_service_pb.js";
import { StaffService } from "../../src/gen/proto/moego/business/staff/v1/staff_service_pb.js";
import { adminPath, done, newId, put } from "../reliability/changing-list.js";
import { fixtureKey, keyTables } from "../support/fixture-keys.js";
import type { TestServer } from "../support/server.js";
import { entry, type RpcEntry } from "./entry.js";
import { onWhole } from "./repeat.js";
import { reading } from "./texts.js";
import { ascending, company, numbers, placeOf, rowId, rowName } from "./walk.js";

const { getCompany, listCompanies } = CompanyService.method;
const { getBusiness, listBusiness } = BusinessService.method;
const { getStaff, listStaffs } = StaffService.method;
const admin = DirectoryAdminService.method;
const companyId = "cmp_a";
const ofBusinessC = { id: "biz_c1" };
const ofStaffC = { id: "staff_c1" };
const newCompany = { name: "Delta Daycare", country: "US", timeZone: "America/New_York" };

async function madeBusiness(server: TestServer) {
  const { business } = await server.ok(admin.createBusiness, { companyId, name: "For a test" });
  return { companyId, id: business?.id ?? "" };
}

async function madeStaff(server: TestServer) {
  const { staff } = await server.ok(admin.createStaff, { companyId, firstName: "Tess" });
  return { companyId, id: staff?.id ?? "" };
}

async function archivedBusiness(server: TestServer) {
  const named = await madeBusiness(server);
  await server.ok(admin.archiveBusiness, named);
  return named;
}

async function archivedStaff(server: TestServer) {
  const named = await madeStaff(server);
  await server.ok(admin.archiveStaff, named);
  return named;
}

const role = { id: "rol_1" };
const roleOfOtherSystem = {
  idFields: { "role.id": { expectation: "outside", why: "an id of another system, kept as it is given" } },
} as const;
const readBusiness = (id = "") => reading(getBusiness, { id });
const readStaff = (id = "") => reading(getStaff, { id });

/** Platform keys are bound to no organization; a token knows one from another only by rows that no call could make. */
const platformWalkers = {
  walker: fixtureKey("key_walker_all", [], { scopes: ["platform:admin"] }),
  neighbour: fixtureKey("key_neighbour_all", [{ type: "COMPANY", id: "cmp_other" }], {
    scopes: ["platform:admin"],
  }),
};

const companyRow = (id: string, name: string, enterpriseId = "ent_l"): Row => ({
  ...{ id, name, country: "US", time_zone: "America/New_York", enterprise_id: enterpriseId },
});
const businessRow = (id: string, name: string): Row => ({
  ...{ company_id: company, id, name, phone: "", address: null, archived_time: null },
});
const staffRow = (id: string, firstName: string): Row => ({
  ...{ company_id: company, id, first_name: firstName, last_name: "", archived_time: null },
});
const named = (row: (id: string, name: string) => Row) => numbers.map((n) => row(rowId(n), rowName(placeOf(n))));

const newPage = () => `https://example.com/${newId()}`;

/** Staff have a name of two parts, and are listed by the first one first. */
function staffNamed(name: string) {
  const [firstName = "", lastName = ""] = name.split(" ");
  return { firstName, lastName };
}

export const directory: readonly RpcEntry[] = [
  entry(getCompany, { request: { id: "cmp_a" }, foreignIds: { id: "cmp_c" } }),
  entry(listCompanies, {
    request: { pagination: {} },
    rows: [["company", [companyRow(company, "A company"), ...named(companyRow)]]],
    walks: [
      {
        order: "by name",
        request: {},
        ids: [company, ...ascending],
        table: "company",
        nameColumns: ["name"],
        strangersAreForeign: true,
        stranger: (id, place) => companyRow(id, rowName(place), "ent_other"),
      },
    ],
    tenancy: { hasNoPageToken: "the neighbour's key covers one company, which is one page" },
  }),
  entry(getBusiness, { request: { id: "biz_a1" }, foreignIds: { id: "biz_c1" } }),
  entry(listBusiness, {
    request: { companyId, pagination: {} },
    rows: [["business", [businessRow("biz_l", "A location"), ...named(businessRow)]]],
    walks: [
      {
        order: "by name",
        request: { companyId: company },
        otherRequest: { companyId: rowId(0) },
        ids: ["biz_l", ...ascending],
        table: "business",
        nameColumns: ["name"],
        stranger: (id, place) => businessRow(id, rowName(place)),
      },
    ],
    changing: {
      name: "locations",
      path: () => "businesses:list",
      request: ({ companyId }) => ({ companyId }),
      rows: "businesses",
      insert: async (place, name) => (await done(place, `${adminPath(place)}/businesses`, { name })).business.id,
      update: (place, id) => put(place, `${adminPath(place)}/businesses/${id}`, { website: newPage() }),
      async remove(place, id) {
        await done(place, `${adminPath(place)}/businesses/${id}:archive`, {});
      },
      byName: {
        nameOf: (row) => row.name,
        rename: (place, id, name) => put(place, `${adminPath(place)}/businesses/${id}`, { name }),
      },
    },
  }),
  entry(getStaff, { request: { id: "staff_a1" }, foreignIds: { id: "staff_c1" } }),
  entry(listStaffs, {
    request: { companyId, pagination: {} },
    rows: [["staff", named(staffRow)]],
    walks: [
      {
        order: "by name",
        request: { companyId: company },
        otherRequest: { companyId: rowId(0) },
        ids: ascending,
        table: "staff",
        nameColumns: ["first_name", "last_name"],
        stranger: (id, place) => staffRow(id, rowName(place)),
      },
    ],
    changing: {
      name: "staff",
      path: () => "staffs:list",
      request: ({ companyId }) => ({ companyId }),
      rows: "staffs",
      insert: async (place, name) => (await done(place, `${adminPath(place)}/staffs`, staffNamed(name))).staff.id,
      // Who left is listed too.
      async update(place, id) {
        await done(place, `${adminPath(place)}/staffs/${id}:archive`, {});
        await done(place, `${adminPath(place)}/staffs/${id}:restore`, {});
      },
      byName: {
        nameOf: ({ firstName, lastName }) => `${firstName} ${lastName}`.trim(),
        rename: (place, id, name) => put(place, `${adminPath(place)}/staffs/${id}`, staffNamed(name)),
      },
    },
  }),
  entry(admin.createCompany, {
    request: newCompany,
    repeat: async () => ({
      good: { ...newCompany, name: "A" },
      other: { ...newCompany, name: "B" },
      bad: { ...newCompany, id: "cmp_a" },
    }),
    texts: { reading: () => reading(admin.listAllCompanies, { pagination: { pageSize: 500 } }) },
    tenancy: {
      idFields: {
        enterprise_id: { expectation: "ignored", why: "platform keys alone make companies, of any enterprise" },
        id: { expectation: "taken", why: "ids of companies are the same for all; platform keys alone choose them" },
      },
    },
  }),
  entry(admin.listAllCompanies, {
    request: { pagination: {} },
    rows: keyTables(Object.values(platformWalkers)),
    walks: [
      {
        order: "by name",
        request: {},
        ids: [company, ...ascending],
        table: "company",
        nameColumns: ["name"],
        keys: platformWalkers,
        stranger: (id, place) => companyRow(id, rowName(place), "ent_other"),
      },
    ],
    tenancy: {
      hasNoPageToken: "open to platform keys alone, which are bound to no company",
      showsNoText: "open to platform keys alone",
    },
    changing: {
      name: "companies",
      path: () => "admin/companies:list",
      caller: ({ platform }) => platform,
      request: () => ({}),
      rows: "companies",
      insert: async ({ platform }, name) =>
        (await done(platform, "admin/companies", { name, country: "US", timeZone: "UTC" })).company.id,
      update: ({ platform }, id) =>
        put(platform, `admin/companies/${id}`, { upcomingAppointmentsUrlTemplate: `${newPage()}/{customer_id}` }),
      byName: {
        nameOf: (row) => row.name,
        rename: ({ platform }, id, name) => put(platform, `admin/companies/${id}`, { name }),
      },
    },
  }),
  entry(admin.updateCompany, {
    request: { companyId, timeZone: "America/New_York" },
    repeat: async () => ({
      good: { companyId, name: "Alpha A" },
      other: { companyId, name: "Alpha B" },
      bad: { companyId, enterpriseId: "ent_other" },
    }),
    texts: { reading: () => reading(getCompany, { id: companyId }) },
    tenancy: {
      idFields: { enterprise_id: { expectation: "SCOPE_REQUIRED", why: "platform keys alone move a company" } },
    },
  }),
  entry(admin.createBusiness, {
    request: { companyId, name: "Alpha New" },
    repeat: async () => ({
      good: { companyId, name: "A" },
      other: { companyId, name: "B" },
      bad: { companyId, id: "biz_a1", name: "Taken" },
    }),
    texts: { request: { companyId, address: {} }, reading: ({ business }) => readBusiness(business?.id) },
  }),
  entry(admin.updateBusiness, {
    request: { companyId, id: "biz_a1", email: "desk@example.com" },
    foreignIds: ofBusinessC,
    async repeat(server) {
      const made = await madeBusiness(server);
      return {
        good: { ...made, name: "A" },
        other: { ...made, name: "B" },
        bad: { companyId, id: "biz_a9", name: "x" },
      };
    },
    texts: {
      request: async (server) => ({ ...(await madeBusiness(server)), address: {} }),
      reading: (_, { id }) => readBusiness(id),
    },
  }),
  entry(admin.archiveBusiness, { request: madeBusiness, foreignIds: ofBusinessC, repeat: onWhole(madeBusiness) }),
  entry(admin.restoreBusiness, {
    request: { companyId, id: "biz_a2" },
    foreignIds: ofBusinessC,
    repeat: onWhole(archivedBusiness),
  }),
  entry(admin.createStaff, {
    request: { companyId, firstName: "Ana" },
    repeat: async () => ({
      good: { companyId, firstName: "A" },
      other: { companyId, firstName: "B" },
      bad: { companyId, firstName: "x", workingBusinessIds: ["biz_z"] },
    }),
    texts: { request: { companyId, role }, reading: ({ staff }) => readStaff(staff?.id) },
    tenancy: roleOfOtherSystem,
  }),
  entry(admin.updateStaff, {
    request: { companyId, id: "staff_a1", lastName: "Tester" },
    foreignIds: ofStaffC,
    async repeat(server) {
      const made = await madeStaff(server);
      return {
        good: { ...made, firstName: "A" },
        other: { ...made, firstName: "B" },
        bad: { companyId, id: "staff_a9", firstName: "x" },
      };
    },
    texts: {
      request: async (server) => ({ ...(await madeStaff(server)), role }),
      reading: (_, { id }) => readStaff(id),
    },
    tenancy: roleOfOtherSystem,
  }),
  entry(admin.archiveStaff, { request: madeStaff, foreignIds: ofStaffC, repeat: onWhole(madeStaff) }),
  entry(admin.restoreStaff, {
    request: { companyId, id: "staff_a2" },
    foreignIds: ofStaffC,
    repeat: onWhole(archivedStaff),
  }),
];
