import { canAccessRecord } from "../../core/access.js";
import { type BatchMode, refusalOf, type StoredOutcome, throwIfAnyRefused } from "../../core/batch.js";
import { type Refusals, undecided } from "../../core/batch-items.js";
import { alreadyExistsError, archivedError, type DomainError, mergedError, notFoundError } from "../../core/errors.js";
import { externalIdTaken } from "../../core/external-id.js";
import type { DuplicateView } from "../../core/possible-duplicate.js";
import type { CompanyAccess } from "../../core/principal.js";
import { ambiguousMatch, type OnMatch } from "../../core/upsert.js";
import type { WriteContext } from "../../core/write.js";
import type { CustomFieldRepository } from "../custom-fields/custom-field.model.js";
import { createdTags, type TaggedItem, withinTagLimit } from "../setting-lists/tag-batch.model.js";
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
  CustomerUpsertUnit,
  FoundCustomers,
  PlannedChange,
  UpsertDecision,
} from "./customer-upsert.model.js";
import type { UpsertItem } from "./customer-upsert.service.js";
import { refuseTaken, updateOf } from "./customer-upsert-change.service.js";
import { createEarlierItems } from "./customer-upsert-keys.service.js";

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
  readonly customer: Customer;
}

/**
 * Decides which items of a batch create a customer, and which change one. Items are judged in their order, so that the
 * limits of the company refuse those that come last.
 *
 * @throws the refusal of an item if the batch is stored as a whole or not at all
 */
export async function decideUpserts<Plan extends PlannedChange>(
  unit: CustomerUpsertUnit<Plan>,
  asked: readonly AskedUpsert[],
  context: UpsertContext,
): Promise<UpsertDecision<Plan>> {
  const { access, mode, onMatch } = context;
  const { companyId } = access;
  const { open, refused } = undecided(unit, asked, context.early);
  const found = await unit.find(open.map(({ position, upsert }) => ({ position, ...upsert.keys })));
  const { matched, unmatched } = matchEach(open, found, { ...context, refused });
  const judging = { ...context, companyId, refused };
  const judged = unmatched.length === 0 ? [] : await judgeEach(unit, unmatched, judging);
  const single = await withoutDuplicateCustomers(unit, judged, judging);
  const changing = onMatch === "SKIP" ? [] : matched;
  const plans = await planEach(unit, changing, judging);
  const tagged = await withinTagLimit(unit, inOrder<TaggedItem>([...single, ...plans]), { companyId, refused });
  const kept = new Set(tagged.map(({ position }) => position));
  const created = single.filter(({ position }) => kept.has(position));
  const admitted = await withinCustomerLimit(unit, created, { companyId, refused });
  if (mode === "ALL_OR_NOTHING") throwIfAnyRefused(refused);
  const changed = plans.filter(({ position, plan }) => kept.has(position) && !plan.isEmpty);
  const tags = await createdTags(unit, inOrder<TaggedItem>([...admitted, ...changed]));
  return {
    created: await recordsOf(unit, admitted, tags, context),
    changed: new Map(changed.map(({ position, plan }) => [position, plan])),
    left: leftCustomers(onMatch === "SKIP" ? matched : [], plans),
    refused,
    tagIds: new Map([...tags].map(([key, { id }]) => [key, id])),
  };
}

/** Customers that were found and stay as they are. */
function leftCustomers(
  skipped: readonly Found[],
  plans: readonly { readonly position: number; readonly plan: PlannedChange }[],
): UpsertDecision["left"] {
  const left = new Map<number, { readonly customer: Customer; readonly outcome: StoredOutcome }>();
  for (const { position, customer } of skipped) left.set(position, { customer, outcome: "SKIPPED" });
  for (const { position, plan } of plans)
    if (plan.isEmpty) left.set(position, { customer: plan.customer, outcome: "UNCHANGED" });
  return left;
}

function inOrder<Item extends { readonly position: number }>(items: readonly Item[]): readonly Item[] {
  return items.toSorted((one, other) => one.position - other.position);
}

interface Matching extends Pick<UpsertContext, "access" | "onMatch" | "mayKeepIds"> {
  readonly refused: Map<number, DomainError>;
}

/** The items that match a customer, and those that match none. */
function matchEach(open: readonly AskedUpsert[], found: FoundCustomers, context: Matching) {
  const earlier = createEarlierItems();
  const matched: Found[] = [];
  const unmatched: AskedUpsert[] = [];
  for (const one of open) {
    const { keys } = one.upsert;
    const customers = (found.matches.get(one.position) ?? []).flatMap((id) => found.customers.get(id) ?? []);
    const [customer] = customers;
    const refusal = customer
      ? (foundRefusal(customers, one, context) ?? earlier.refuseFound(customer.id))
      : (absentRefusal(one, found, context) ?? earlier.refuseNew(keys));
    if (refusal) context.refused.set(one.position, refusal);
    else if (customer) {
      earlier.addFound(customer.id);
      matched.push({ ...one, customer });
    } else {
      earlier.addNew(one.upsert);
      unmatched.push(one);
    }
  }
  return { matched, unmatched };
}

/** Customers that the principal cannot access are found only by an id, and never named. */
function foundRefusal(
  customers: readonly Customer[],
  { upsert: { keys } }: AskedUpsert,
  { access, onMatch, mayKeepIds }: Matching,
): DomainError | undefined {
  if (customers.some((customer) => !canAccessRecord(access, customer))) {
    if (keys.id === undefined) return externalIdTaken("Customer");
    return mayKeepIds ? alreadyExistsError("Customer", "id") : notFoundError("Customer", keys.id);
  }
  const [customer, ...others] = customers;
  if (others.length > 0) return ambiguousMatch("Customer", customers.map(({ id }) => id).toSorted());
  return customer?.archived && onMatch !== "SKIP" ? archivedError("Customer", customer.id) : undefined;
}

/** A key that is the id of no customer. */
function absentRefusal(
  { upsert: { keys } }: AskedUpsert,
  { survivors }: FoundCustomers,
  { access, mayKeepIds }: Matching,
): DomainError | undefined {
  if (keys.id === undefined) return undefined;
  const survivor = survivors.get(keys.id);
  if (survivor && canAccessRecord(access, survivor)) return mergedError("Customer", keys.id, survivor.id);
  return mayKeepIds ? undefined : notFoundError("Customer", keys.id);
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
  if (found.length === 0) return [];
  const facts = await unit.ask(questionsOf(found));
  const asked = found.map((one) => toAskedChange(one, facts, context));
  const plans = await unit.plan(asked, { ...facts, customFields: context.customFields });
  return found.flatMap(({ position }, index) => {
    const plan = plans[index];
    if (!plan) return [];
    if ("refusal" in plan) {
      context.refused.set(position, ofCustomer(plan.refusal));
      return [];
    }
    return [{ position, plan, found: [], creations: plan.creations }];
  });
}

function toAskedChange(
  { upsert, customer }: Found,
  facts: BatchFacts,
  { access, mayCreateTags, onMatch, write }: Planning,
): AskedChange {
  return {
    customer,
    async decide(transaction) {
      const refusal = refusalOf(() => refuseTaken(upsert, customer.id, facts.takenExternalIds));
      if (refusal) throw refusal;
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
