import { notFoundError } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import {
  accessFilterValues,
  accessPredicate,
  requireSingleRow,
  singleCompanyAccessPredicate,
} from "../../db/access-filter.js";
import type { Database } from "../../db/database.js";
import { createOnce } from "../../db/once.js";
import { statement } from "../../db/statement.js";
import { type CustomerRow, customerChildren, customerColumns, toCustomer } from "./customer.columns.js";
import { changeCustomer } from "./customer-change.repository.js";
import { type CreateCall, type CreateRow, createStatement, createValues } from "./customer-create.repository.js";
import { createCustomerList } from "./customer-list.repository.js";
import { listNotes } from "./customer-notes.repository.js";
import type { CreateOutcome, CreatePreconditions, CustomerRepository } from "./customer-store.model.js";

/** Customers, with hand-written SQL on the hot paths (create, get, list) and Prisma for changes. */
export function createCustomerRepository(database: Database): CustomerRepository {
  const get: CustomerRepository["get"] = async ({ accessFilter, id }, signal) => {
    const text = accessFilter.companyIds.length === 1 ? getInOneCompany : getStatement;
    const rows = await database.read<CustomerRow>(text, [...accessFilterValues(accessFilter), id], signal);
    const row = requireSingleRow(rows, "Customer", id);
    return row && toCustomer(row);
  };

  return {
    get,
    list: createCustomerList(database),
    listNotes: (target, page, signal) => listNotes(database, target, page, signal),
    change: (target, write, work) => changeCustomer(database, target, write, work),

    async create(record, admission, write) {
      const call = { id: newId(idPrefixes.customer), record, admission, write };
      const { row, replayedId: id } = await createCustomer(database, call);
      if (id === undefined) return outcomeOf(row, admission);
      const customer = await get({ accessFilter: admission.accessFilter, id }, write.signal);
      if (!customer) throw notFoundError("Customer", id);
      return { kind: "created", customer };
    },
  };
}

const getStatement = statement("customer.get", getWhere(accessPredicate("c")));
const getInOneCompany = statement("customer.get_in_one_company", getWhere(singleCompanyAccessPredicate("c")));

/** `$3` is the id. For `$1` and `$2` see db/access-filter.ts. */
function getWhere(isVisible: string): string {
  return `SELECT ${customerColumns}, ${customerChildren} FROM customer c WHERE ${isVisible} AND c.id = $3`;
}

/**
 * Reruns the statement also if its snapshot was stale: while it waited, a concurrent duplicate committed and reached
 * the customer limit (the counter is locked before the claim), or a limit was introduced.
 */
function createCustomer(database: Database, call: CreateCall) {
  const { write } = call;
  let quotaRefusals = 0;
  return createOnce<CreateRow>(database, write, {
    ...{ resource: "Customer", statement: createStatement, values: createValues(call) },
    isFinal(row) {
      if (!isQuotaRefusal(row, call)) return true;
      quotaRefusals += 1;
      return row.counted && (quotaRefusals > 1 || !write.claim);
    },
  });
}

function isQuotaRefusal(row: CreateRow, call: CreateCall): boolean {
  return row.id === null && row.replay_ids === null && !isRefused(row, call.admission);
}

function isRefused(row: CreateRow, { admit }: CreatePreconditions): boolean {
  const faults = [row.missing, row.unknown_tags, row.archived_tags, row.forbidden_tags];
  return !admit || faults.some((list) => list.length > 0);
}

function outcomeOf(row: CreateRow, admission: CreatePreconditions): CreateOutcome {
  const { id } = row;
  if (id !== null) return { kind: "created", customer: toCustomer({ ...row, id }) };
  if (isRefused(row, admission)) {
    const tags = {
      unknownPositions: row.unknown_tags,
      archivedPositions: row.archived_tags,
      forbiddenPositions: row.forbidden_tags,
    };
    return { kind: "refused", missing: row.missing, tags };
  }
  if (row.max_customers === null) throw new Error("create statement stored nothing and returned no reason");
  return { kind: "quota", limit: row.max_customers };
}
