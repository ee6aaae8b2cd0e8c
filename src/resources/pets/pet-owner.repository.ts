import { DomainError, notFoundError } from "../../core/errors.js";
import {
  accessFilterValues,
  accessPredicate,
  leadGrantPredicate,
  requireSingleRow,
  singleCompanyAccessPredicate,
} from "../../db/access-filter.js";
import type { Database } from "../../db/database.js";
import { type Statement, statement } from "../../db/statement.js";
import type { Prisma } from "../../gen/prisma/client.js";
import { lockCustomer } from "../customers/customer-change.repository.js";
import { type Lead, leadPromoted } from "../leads/lead.model.js";
import { lockLead, readLead } from "../leads/lead-change.repository.js";
import type { PetOwnerTarget } from "./pet.model.js";
import { leadScopeRequired } from "./pet-import.model.js";

/** A read of pets by their owner, for customers and for leads. */
interface OwnedReads {
  readonly inOneCompany: Statement;
  readonly inSeveral: Statement;
  readonly ofLead: Statement;
}

/**
 * `$1` and `$2`: see db/access-filter.ts; `$3` the owner, further parameters as `select` uses them.
 *
 * @param select what is read of the owner with an alias, whose pets have its id in a column
 */
export function ownedReads(name: string, select: (owner: string, column: string) => string): OwnedReads {
  const ofCustomer = (isVisible: string) =>
    `SELECT c.company_id${select("c", "customer_id")}
  FROM customer c WHERE ${isVisible} AND c.id = $3`;
  return {
    inOneCompany: statement(`${name}_in_one_company`, ofCustomer(singleCompanyAccessPredicate("c"))),
    inSeveral: statement(name, ofCustomer(accessPredicate("c"))),
    ofLead: statement(
      `${name}_of_lead`,
      `SELECT l.company_id, l.promoted_customer_id${select("l", "lead_id")}
  FROM lead l WHERE l.company_id = ANY($1::text[]) AND l.id = $3 AND l.archived_time IS NULL
    AND ${leadGrantPredicate("l")}`,
    ),
  };
}

interface OwnerRow {
  readonly company_id: string;
  /** Absent for a customer. */
  readonly promoted_customer_id?: string | null;
}

interface OwnedRead {
  readonly reads: OwnedReads;
  readonly target: PetOwnerTarget;
  /** From `$4` on. */
  readonly values?: readonly unknown[];
}

/** The customers and leads with the id. In one company, a customer hides a lead with the same id. */
export async function readOwners<Row extends OwnerRow>(
  database: Database,
  { reads, target: { accessFilter, id }, values = [] }: OwnedRead,
  signal: AbortSignal,
): Promise<readonly Row[]> {
  const all = [...accessFilterValues(accessFilter), id, ...values];
  const isSingle = accessFilter.companyIds.length === 1;
  const customers = await database.read<Row>(isSingle ? reads.inOneCompany : reads.inSeveral, all, signal);
  if (isSingle && customers.length > 0) return customers;
  const leads = await database.read<Row>(reads.ofLead, all, signal);
  const companyIds = new Set(customers.map((row) => row.company_id));
  return [...customers, ...leads.filter((row) => !companyIds.has(row.company_id))];
}

/** The only owner with the id. Throws NOT_FOUND, LEAD_PROMOTED, AMBIGUOUS_ID, and SCOPE_REQUIRED. */
export async function readOwner<Row extends OwnerRow>(
  database: Database,
  read: OwnedRead,
  signal: AbortSignal,
): Promise<Row> {
  const { id, leadScope } = read.target;
  const owner = requireSingleRow(await readOwners<Row>(database, read, signal), "Customer", id);
  if (!owner) throw notFoundError("Customer", id);
  if (owner.promoted_customer_id !== undefined) assertLeadOwner(id, owner.promoted_customer_id, leadScope);
  return owner;
}

/** The pets of an owner that are not archived. */
export function countPets(
  tx: Prisma.TransactionClient,
  { companyId, ...owner }: Pick<LockedOwner, "companyId" | "kind" | "id">,
): Promise<number> {
  return tx.pet.count({ where: { companyId, ...ownedBy(owner), archivedTime: null } });
}

export function ownedBy({ kind, id }: Pick<LockedOwner, "kind" | "id">) {
  return kind === "customer" ? { customerId: id } : { leadId: id };
}

/** A locked owner of pets. */
export type LockedOwner = {
  readonly companyId: string;
  readonly id: string;
  readonly businessId: string | undefined;
} & (
  | { readonly kind: "customer"; readonly archived: boolean }
  | { readonly kind: "lead"; readonly archived: false; readonly lead: Lead }
);

/**
 * Locks a customer or a lead NO KEY UPDATE, like a change of the owner itself. So it cannot be archived, be promoted or
 * move to another location, the number of its pets is exact, concurrent duplicates wait here, and a single lock for all
 * its pets avoids deadlocks. KEY SHARE would not guarantee any of this. Throws like `readOwner`.
 */
export async function lockOwner(tx: Prisma.TransactionClient, target: PetOwnerTarget): Promise<LockedOwner> {
  const { accessFilter, id, leadScope } = target;
  const customer = await orAbsent(lockCustomer(tx, target, "NO KEY UPDATE"));
  if (customer && accessFilter.companyIds.length === 1) return { kind: "customer", ...customer };
  const key = await orAbsent(lockLead(tx, target));
  const lead = key && (await readLead(tx, key));
  const isLead = lead && !lead.archived && lead.companyId !== customer?.companyId;
  const owners = [...(customer ? [customer] : []), ...(isLead ? [lead] : [])];
  requireSingleRow(
    owners.map(({ companyId }) => ({ company_id: companyId })),
    "Customer",
    id,
  );
  if (customer) return { kind: "customer", ...customer };
  if (!isLead) throw notFoundError("Customer", id);
  assertLeadOwner(id, lead.promotedCustomerId ?? null, leadScope);
  const { companyId, preferredBusinessId: businessId } = lead;
  return { kind: "lead", companyId, id, businessId, archived: false, lead };
}

/** Undefined for a record that is not found. */
export async function orAbsent<Found>(found: Promise<Found>): Promise<Found | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof DomainError && error.reason === "RESOURCE_NOT_FOUND") return undefined;
    throw error;
  }
}

/** Throws SCOPE_REQUIRED without the scope for pets of leads, and LEAD_PROMOTED. */
export function assertLeadOwner(
  id: string,
  promotedCustomerId: string | null,
  leadScope: PetOwnerTarget["leadScope"],
): void {
  if (!leadScope.isGranted) throw leadScopeRequired(leadScope.scope);
  if (promotedCustomerId !== null) throw leadPromoted(id, promotedCustomerId);
}
