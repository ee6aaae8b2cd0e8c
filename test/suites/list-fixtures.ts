import type { Row, Tables } from "../../src/demo/demo-rows.js";
import { BusinessService } from "../../src/gen/proto/moego/business/business/v1/business_service_pb.js";
import { CompanyService } from "../../src/gen/proto/moego/business/company/v1/company_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { StaffService } from "../../src/gen/proto/moego/business/staff/v1/staff_service_pb.js";
import { fixtureKey } from "../support/fixture-keys.js";
import { customer, note } from "../support/fixtures.js";
import { apiKeyListFixtures, apiKeyListTables } from "./api-key-fixtures.js";
import { directoryAdminListFixtures, directoryAdminListTables } from "./directory-admin-fixtures.js";
import { externalApiListFixtures, externalApiListTables } from "./external-api-fixtures.js";
import { ivrFlowListFixtures, ivrFlowListTables } from "./ivr-flow-fixtures.js";
import { leadListFixtures, leadListTables } from "./lead-fixtures.js";
import {
  ascending,
  byUpdate,
  company,
  descending,
  everything,
  type ListFixture,
  list,
  minute,
  numbers,
  placeOf,
  rowId,
  rowName,
  updateOf,
} from "./list-fixture.js";
import { packageListFixtures, packageListTables } from "./package-fixtures.js";
import { petListFixtures, petListTables } from "./pet-fixtures.js";
import { recordListFixtures, recordListTables } from "./record-fixtures.js";
import { settingListFixtures, settingListTables } from "./setting-fixtures.js";

/** A key of an enterprise, which reaches the company of the lists and many more, and a key of that company alone. */
export const walker = fixtureKey("key_walker", [{ type: "ENTERPRISE", id: "ent_l" }]);
export const neighbour = fixtureKey("key_neighbour", [{ type: "COMPANY", id: company }]);

/** Rows for all lists. */
export const listTables: Tables = [
  ["company", [companyRow(company, "A company"), ...numbers.map((n) => companyRow(rowId(n), rowName(placeOf(n))))]],
  ["business", [businessRow("biz_l", "A location"), ...numbers.map((n) => businessRow(rowId(n), rowName(placeOf(n))))]],
  ["staff", numbers.map((n) => staffRow(rowId(n), rowName(placeOf(n))))],
  ["customer", numbers.map((n) => customerRow(rowId(n), placeOf(n), updateOf(n)))],
  ["customer_note", numbers.map((n) => note(company, rowId(n), rowId(0), minute(placeOf(n))))],
  ...leadListTables,
  ...apiKeyListTables,
  ...directoryAdminListTables,
  ...petListTables,
  ...settingListTables,
  ...packageListTables,
  ...recordListTables,
  ...externalApiListTables,
  ...ivrFlowListTables,
];

const customers = CustomerService.method;

/** One fixture or more for every paged list (lists.test.ts fails without it). */
export const listFixtures: readonly ListFixture[] = [
  list(customers.listCustomers, "newest first", {
    request: { companyId: company },
    otherRequest: { companyId: company, filter: { email: "other@example.com" } },
    ids: descending,
    table: "customer",
    stranger: (id, place) => customerRow(id, place, 0),
  }),
  list(customers.listCustomers, "in the order of change under a last_updated_time filter", {
    request: { companyId: company, filter: { lastUpdatedTime: { startTime: everything } } },
    otherRequest: { companyId: company },
    ids: byUpdate,
    table: "customer",
    stranger: (id, place) => customerRow(id, 0, place),
  }),
  list(customers.listCustomers, "newest first under a filter by location", {
    request: { companyId: company, filter: { preferredBusinessIds: ["biz_l"] } },
    otherRequest: { companyId: company, filter: { preferredBusinessIds: ["biz_l", "biz_x"] } },
    ids: descending,
    table: "customer",
    stranger: (id, place) => customerRow(id, place, 0),
  }),
  list(customers.listCustomerNotes, "newest first", {
    request: { id: rowId(0) },
    otherRequest: { id: rowId(1) },
    ids: descending,
    table: "customer_note",
    stranger: (id, place) => note(company, id, rowId(0), minute(place)),
  }),
  ...leadListFixtures,
  ...directoryAdminListFixtures,
  ...apiKeyListFixtures,
  ...petListFixtures,
  ...settingListFixtures,
  list(CompanyService.method.listCompanies, "by name", {
    request: {},
    ids: [company, ...ascending],
    table: "company",
    strangersAreForeign: true,
    stranger: (id, place) => companyRow(id, rowName(place), "ent_other"),
  }),
  list(BusinessService.method.listBusiness, "by name", {
    request: { companyId: company },
    otherRequest: { companyId: rowId(0) },
    ids: ["biz_l", ...ascending],
    table: "business",
    stranger: (id, place) => businessRow(id, rowName(place)),
  }),
  list(StaffService.method.listStaffs, "by name", {
    request: { companyId: company },
    otherRequest: { companyId: rowId(0) },
    ids: ascending,
    table: "staff",
    stranger: (id, place) => staffRow(id, rowName(place)),
  }),
  ...packageListFixtures,
  ...recordListFixtures,
  ...externalApiListFixtures,
  ...ivrFlowListFixtures,
];

function companyRow(id: string, name: string, enterpriseId = "ent_l"): Row {
  return { id, name, country: "US", time_zone: "America/New_York", enterprise_id: enterpriseId };
}

function businessRow(id: string, name: string): Row {
  return { company_id: company, id, name, phone: "", address: null, archived_time: null };
}

function staffRow(id: string, firstName: string): Row {
  return { company_id: company, id, first_name: firstName, last_name: "", archived_time: null };
}

function customerRow(id: string, created: number, updated: number): Row {
  return customer(company, id, "biz_l", minute(created), { last_updated_time: minute(updated) });
}
