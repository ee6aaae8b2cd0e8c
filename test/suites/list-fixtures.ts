import {
  create,
  type DescMessage,
  type DescMethodUnary,
  type Message,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import type { Row, Tables } from "../../src/demo/rows.js";
import { BusinessService } from "../../src/gen/proto/moego/business/business/v1/business_service_pb.js";
import { CompanyService } from "../../src/gen/proto/moego/business/company/v1/company_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { StaffService } from "../../src/gen/proto/moego/business/staff/v1/staff_service_pb.js";
import { fixtureKey } from "../support/fixture-keys.js";
import { customer, note } from "../support/fixtures.js";

/** One way to walk a paged list. */
export interface ListFixture {
  readonly title: string;
  readonly method: DescMethodUnary;
  /** Without its page. */
  readonly request: Message;
  /** The same rpc asked for something else; absent where the page is all there is to ask. */
  readonly otherRequest?: Message;
  /** The ids of what is listed, in the documented order. */
  readonly ids: readonly string[];
  readonly table: string;
  /** The strangers belong to others: the key never sees them. */
  readonly strangersAreForeign?: boolean;
  /** A row that nobody waited for, anywhere in the order by `place`, 0 to `rowCount`. */
  stranger(id: string, place: number): Row;
}

/** More than the largest page holds. */
export const rowCount = 511;
/** Ids of strangers begin with it. */
export const strangerPrefix = "new_";

const company = "cmp_l";
const numbers = Array.from({ length: rowCount }, (_, index) => index);
/** As long as an id can be, so that the longest token is seen. */
const rowId = (number: number) => `row_${String(number).padStart(26, "0")}`;
/** Three rows share a place in time or in the alphabet: their ids decide. */
const placeOf = (number: number) => Math.floor(number / 3);
/** Another order than that of creation. */
const updateOf = (number: number) => placeOf((number * 7) % rowCount);
const minute = (place: number) => new Date(Date.UTC(2024, 0, 1) + place * 60_000).toISOString();
const rowName = (place: number) => `Row ${String(place).padStart(6, "0")}`;

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
];

const ascending = numbers.map(rowId);
const descending = ascending.toReversed();
const byUpdate = numbers.toSorted((a, b) => updateOf(a) - updateOf(b) || (rowId(a) < rowId(b) ? -1 : 1)).map(rowId);
const everything = { seconds: BigInt(Date.UTC(2020) / 1_000) };
const customers = CustomerService.method;

/** One fixture or more for every paged list that is served (lists.test.ts fails without it). */
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
];

interface Given<I extends DescMessage> extends Pick<ListFixture, "ids" | "table" | "strangersAreForeign" | "stranger"> {
  readonly request: MessageInitShape<I>;
  readonly otherRequest?: MessageInitShape<I>;
}

function list<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  order: string,
  { request, otherRequest, ...same }: Given<I>,
): ListFixture {
  return {
    ...same,
    title: `${method.name}, ${order},`,
    method,
    request: create(method.input, request),
    ...(otherRequest ? { otherRequest: create(method.input, otherRequest) } : {}),
  };
}

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
