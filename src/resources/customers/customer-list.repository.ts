import { foldCase } from "../../core/text.js";
import type { Database } from "../../db/database.js";
import { type Bind, readTimeList, type TimeList } from "../../db/time-list.js";
import { type CustomerRow, customerColumns, listedCustomerChildren, toCustomer } from "./customer.columns.js";
import type { CustomerFilter, CustomerRepository } from "./customer.model.js";

const list: TimeList = {
  name: "customer.list",
  table: "customer",
  alias: "c",
  select: `${customerColumns}, ${listedCustomerChildren}`,
  current: "c.archived_time IS NULL",
};

/** Pages of customers. Includes archived customers if there is a `lastUpdated` filter. */
export function createCustomerList(database: Database): CustomerRepository["list"] {
  return async ({ companyId, filter, page }, signal) => {
    const { lastUpdated, created, ...others } = filter;
    const conditions = (bind: Bind) => conditionsOf(others, bind);
    const query = { list, companyId, lastUpdated, created, page, conditions };
    const rows = await readTimeList<CustomerRow>(database, query, signal);
    return rows.map(toCustomer);
  };
}

function conditionsOf(filter: Omit<CustomerFilter, "lastUpdated" | "created">, bind: Bind): string[] {
  return [
    ...(filter.phone === undefined ? [] : [`c.phone = ${bind(filter.phone)}`]),
    // The second condition lets the planner use the partial index.
    ...(filter.email === undefined ? [] : [`c.email_key = ${bind(foldCase(filter.email))} AND c.email_key <> ''`]),
    ...(filter.preferredBusinessIds
      ? [`c.preferred_business_id = ANY(${bind(filter.preferredBusinessIds)}::text[])`]
      : []),
    ...(filter.referralSourceIds ? [`c.referral_source_id = ANY(${bind(filter.referralSourceIds)}::text[])`] : []),
    ...(filter.tagIds
      ? [
          `EXISTS (SELECT 1 FROM customer_tag ct WHERE ct.company_id = $1 AND ct.customer_id = c.id
            AND ct.tag_id = ANY(${bind(filter.tagIds)}::text[]))`,
        ]
      : []),
  ];
}
