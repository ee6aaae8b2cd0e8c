import { canAccessRecord } from "../../core/access.js";
import type { BatchMode } from "../../core/batch.js";
import type { Refusals } from "../../core/batch-items.js";
import { archivedError, type DomainError, mergedError } from "../../core/errors.js";
import type { DuplicateView } from "../../core/possible-duplicate.js";
import type { CompanyAccess } from "../../core/principal.js";
import { absentMatch, ambiguousMatch, hiddenMatch, type OnMatch } from "../../core/upsert.js";
import { refuseTakenIds } from "../../core/upsert-change.js";
import { contactValues, matchEach } from "../../core/upsert-items.js";
import type { WriteContext } from "../../core/write.js";
import type { CustomFieldRepository } from "../custom-fields/custom-field.model.js";
import { decideTaggedUpserts, plannedItems } from "../setting-lists/tagged-upsert.model.js";
import type { Customer } from "./customer.model.js";
import type { BatchFacts } from "./customer-batch.model.js";
import type { CustomerItem } from "./customer-batch.service.js";
import { type AskedItem, judgeEach, recordsOf, withoutDuplicateCustomers } from "./customer-batch-decision.service.js";
import { questionsOf } from "./customer-batch-facts.service.js";
import { withinCustomerLimit } from "./customer-batch-limits.service.js";
import { importRefusal } from "./customer-import.service.js";
import { applyUpdate } from "./customer-update.service.js";
import type {
  AskedChange,
  CustomerUpsertDecision,
  CustomerUpsertUnit,
  FoundCustomers,
  PlannedChange,
} from "./customer-upsert.model.js";
import type { UpsertItem } from "./customer-upsert.service.js";
import { updateOf } from "./customer-upsert-change.service.js";

/** An item that is still to be decided. */
export interface AskedUpsert extends AskedItem {
  readonly upsert: UpsertItem;
}

interface UpsertContext {
  readonly access: CompanyAccess;
  readonly mode: BatchMode;
  readonly onMatch: OnMatch;
  /** Refused before, by position. */
  readonly early: Refusals;
  readonly mayCreateTags: boolean;
  /** Whether the API key may choose the id of a customer that is created. */
  readonly mayKeepIds: boolean;
  readonly customFields: CustomFieldRepository;
  viewOf(item: CustomerItem): DuplicateView;
  readonly write: WriteContext;
}

interface Found extends AskedUpsert {
  readonly record: Customer;
}

/**
 * Decides which items of a batch create a customer, and which change one.
 *
 * @throws the refusal of an item if the batch is stored as a whole or not at all
 */
export function decideUpserts<Plan extends PlannedChange>(
  unit: CustomerUpsertUnit<Plan>,
  asked: readonly AskedUpsert[],
  context: UpsertContext,
): Promise<CustomerUpsertDecision<Plan>> {
  const { access, mode, onMatch, early } = context;
  const { companyId } = access;
  return decideTaggedUpserts(unit, asked, {
    ...{ companyId, mode, onMatch, early },
    async match(open, refused) {
      const found = await unit.find(open.map(({ position, upsert }) => ({ position, ...upsert.keys })));
      return matchEach(open, found, {
        ...{ noun: "customer", refused },
        refuseFound: (customers, one) => foundRefusal(customers, one, context),
        refuseAbsent: (one) => absentRefusal(one, found, context),
        namesOf: ({ upsert }) => contactValues(upsert.customer),
      });
    },
    async judge(unmatched, refused) {
      const judging = { ...context, refused };
      return withoutDuplicateCustomers(unit, await judgeEach(unit, unmatched, judging), judging);
    },
    plan: (matched, refused) => planEach(unit, matched, { ...context, refused }),
    admit: (created, refused) => withinCustomerLimit(unit, created, { companyId, refused }),
    recordsOf: (admitted, tags) => recordsOf(unit, admitted, tags, context),
  });
}

/** Customers that the principal cannot access are found only by an id, and never named. */
function foundRefusal(
  customers: readonly Customer[],
  { upsert: { keys } }: AskedUpsert,
  { access, onMatch, mayKeepIds }: UpsertContext,
): DomainError | undefined {
  if (customers.some((customer) => !canAccessRecord(access, customer)))
    return hiddenMatch({ resource: "Customer", keys, mayKeepIds });
  const [customer, ...others] = customers;
  const ids = customers.map(({ id }) => id);
  if (others.length > 0) return ambiguousMatch("Customer", ids);
  return customer?.archived && onMatch !== "SKIP" ? archivedError("Customer", customer.id) : undefined;
}

/** A key that is the id of no customer. */
function absentRefusal(
  { upsert: { keys } }: AskedUpsert,
  { survivors }: FoundCustomers,
  { access, mayKeepIds }: UpsertContext,
): DomainError | undefined {
  const survivor = keys.id === undefined ? undefined : survivors.get(keys.id);
  if (keys.id !== undefined && survivor && canAccessRecord(access, survivor))
    return mergedError("Customer", keys.id, survivor.id);
  return absentMatch({ resource: "Customer", keys, mayKeepIds });
}

interface Planning extends UpsertContext {
  readonly refused: Map<number, DomainError>;
}

/** The changes of the customers that were found. */
async function planEach<Plan extends PlannedChange>(
  unit: CustomerUpsertUnit<Plan>,
  found: readonly Found[],
  context: Planning,
) {
  const facts = await unit.ask(questionsOf(found));
  const asked = found.map((one) => toAskedChange(one, facts, context));
  const plans = await unit.plan(asked, { ...facts, customFields: context.customFields });
  return plannedItems(found, plans, (position, refusal) => context.refused.set(position, ofCustomer(refusal)));
}

function toAskedChange(
  { upsert, record: customer }: Found,
  facts: BatchFacts,
  { access, mayCreateTags, onMatch, write }: Planning,
): AskedChange {
  return {
    customer,
    async decide(transaction) {
      const owned = { resource: "Customer", id: customer.id, owners: facts.takenExternalIds };
      refuseTakenIds(upsert.customer.externalIds, owned);
      const update = updateOf(upsert, customer, onMatch);
      return applyUpdate(transaction, update, { access, mayCreateTags, signal: write.signal });
    },
  };
}

/** Violations of an update begin at the customer of the item. */
function ofCustomer(refusal: DomainError): DomainError {
  const { violations = [] } = refusal.details;
  return violations.length === 0 ? refusal : (importRefusal([], refusal) ?? refusal);
}
