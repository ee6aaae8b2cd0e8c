import { notFoundError } from "../../core/errors.js";
import type { Page } from "../../core/page.js";
import { foldCase } from "../../core/text.js";
import { accessFilterValues, accessPredicate, requireSingleRow } from "../../db/access-filter.js";
import type { Database } from "../../db/database.js";
import { externalIdsJson, hasExternalIdSql } from "../../db/external-ids.js";
import { notePages } from "../../db/note-pages.js";
import { readOrderedList } from "../../db/ordered-list.js";
import { phoneSearch } from "../../db/phone-condition.js";
import { type Bind, readTimeList, type TimeList } from "../../db/record-list.js";
import { searchConditions } from "../../db/search-condition.js";
import { statement } from "../../db/statement.js";
import {
  type CustomerRow,
  listedCustomerChildren,
  listedCustomerColumns,
  toListedCustomer,
} from "./customer.columns.js";
import {
  type Customer,
  type CustomerFilter,
  type CustomerRepository,
  type CustomerStatus,
  type CustomerTarget,
  customerStatuses,
  type NoteWithCreatedTime,
} from "./customer.model.js";

const list = {
  name: "customer.list",
  table: "customer",
  alias: "c",
  select: `${listedCustomerColumns}, ${listedCustomerChildren}`,
  current: "c.archived_time IS NULL",
  large: "custom_fields",
} as const satisfies TimeList;

/** Pages of customers. With a `lastUpdated` filter, includes archived customers and those that left the list. */
export function createCustomerList(database: Database): CustomerRepository["list"] {
  return async (query, signal) => {
    const { filter, fields = [], order = "CREATED_DESC" } = query;
    const conditions = (bind: Bind) => [
      ...conditionsOf(filter, bind),
      ...searchConditions({ table: "customer", alias: "c" }, filter, fields, bind),
    ];
    const limits = { businessIds: filter.preferredBusinessIds, ids: filter.ids };
    const read = { list, query, conditions, limits, ...phoneSearch("customer", "c", filter) };
    if (order === "CREATED_DESC") return readTimeList<CustomerRow, Customer>(database, read, toListedCustomer, signal);
    return (await readOrderedList<CustomerRow>(database, { ...read, order }, signal)).map(toListedCustomer);
  };
}

function conditionsOf(filter: CustomerFilter, bind: Bind): string[] {
  return [
    // The second condition lets the planner use the partial index.
    ...(filter.email === undefined ? [] : [`c.email_key = ${bind(foldCase(filter.email))} AND c.email_key <> ''`]),
    ...(filter.preferredBusinessIds
      ? [`c.preferred_business_id = ANY(${bind(filter.preferredBusinessIds)}::text[])`]
      : []),
    ...(filter.referralSourceIds ? [`c.referral_source_id = ANY(${bind(filter.referralSourceIds)}::text[])`] : []),
    ...(filter.statuses ? [hasStatus(filter.statuses, bind)] : []),
    ...(filter.assignedStaffIds ? [`c.assigned_staff_id = ANY(${bind(filter.assignedStaffIds)}::text[])`] : []),
    ...(filter.ids ? [`c.id = ANY(${bind(filter.ids)}::text[])`] : []),
    ...(filter.externalIds ? [hasExternalIdSql("customer", "c", bind(externalIdsJson(filter.externalIds)))] : []),
    ...(filter.tagIds
      ? [
          `EXISTS (SELECT 1 FROM customer_tag ct WHERE ct.company_id = $1 AND ct.customer_id = c.id
            AND ct.tag_id = ANY(${bind(filter.tagIds)}::text[]))`,
        ]
      : []),
  ];
}

/** The few inactive ones alone are selected by a constant, as in the partial index `customer_by_inactivity`. */
function hasStatus(statuses: readonly CustomerStatus[], bind: Bind): string {
  if (statuses.every((status) => status === "INACTIVE")) return `c.status = ${customerStatuses.numberOf("INACTIVE")}`;
  return `c.status = ANY(${bind(statuses.map(customerStatuses.numberOf))}::smallint[])`;
}

const readNotes = notePages({ name: "note", table: "customer_note", owner: "customer_id", text: "note" });

/** A page of a customer's notes, newest first. Throws NOT_FOUND if the principal cannot access the customer. */
export async function listNotes(
  database: Database,
  { accessFilter, id }: CustomerTarget,
  page: Page,
  signal: AbortSignal,
): Promise<readonly NoteWithCreatedTime[]> {
  const found = await database.read<{ company_id: string }>(locate, [...accessFilterValues(accessFilter), id], signal);
  const customer = requireSingleRow(found, "Customer", id);
  if (!customer) throw notFoundError("Customer", id);
  const notes = await readNotes(database, { companyId: customer.company_id, id }, page, signal);
  return notes.map(({ text: note, ...stamp }) => ({ note, ...stamp }));
}

const locate = statement(
  "customer.locate",
  `SELECT c.company_id FROM customer c WHERE ${accessPredicate("c")} AND c.id = $3`,
);
