import { type BatchMode, refusalOf, throwIfAnyRefused } from "../../core/batch.js";
import { withoutDuplicates } from "../../core/batch-duplicates.js";
import { type OpenItem, type Refusals, undecided } from "../../core/batch-items.js";
import { respectingOptOut } from "../../core/contact-rule.js";
import type { DomainError } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import { refusedPhones } from "../../core/phone/contact-phone.js";
import type { DuplicateView } from "../../core/possible-duplicate.js";
import type { CompanyAccess } from "../../core/principal.js";
import { assertRecordSize, mostBytes } from "../../core/record-size.js";
import type { WriteContext } from "../../core/write.js";
import type { CheckedFields } from "../custom-fields/custom-field-check.service.js";
import type { Tag } from "../setting-lists/tag.model.js";
import { createdTags, type TaggedItem, tagIndex, tagsOf, withinTagLimit } from "../setting-lists/tag-batch.model.js";
import { matchTags } from "../setting-lists/tag-match.model.js";
import { referenceError } from "./customer.model.js";
import type { BatchDecision, BatchedCustomer, CustomerBatchUnit } from "./customer-batch.model.js";
import type { CustomerItem } from "./customer-batch.service.js";
import { idRefusal, lookupOf, missingOf, questionsOf } from "./customer-batch-facts.service.js";
import { withinCustomerLimit } from "./customer-batch-limits.service.js";
import { importedRecord, importRefusal, importViolations } from "./customer-import.service.js";

/** An item that is still to be decided. */
export interface AskedItem extends OpenItem<CustomerItem> {
  readonly fields: CheckedFields;
}

export interface DecisionContext {
  readonly access: CompanyAccess;
  readonly mode: BatchMode;
  /** Refused before anything was read. */
  readonly early: Refusals;
  readonly mayCreateTags: boolean;
  viewOf(item: CustomerItem): DuplicateView;
  readonly write: WriteContext;
}

export type Judged = AskedItem & TaggedItem & { readonly newId: string };

/**
 * Decides which items of a batch are stored. Items are judged in their order, so that the limits of the company refuse
 * those that come last.
 *
 * @throws the refusal of an item if the batch is stored as a whole or not at all
 */
export async function decideBatch(
  unit: CustomerBatchUnit,
  asked: readonly AskedItem[],
  context: DecisionContext,
): Promise<BatchDecision> {
  const { companyId } = context.access;
  const { open, refused } = undecided(unit, asked, context.early);
  const valid = await judgeEach(unit, open, { ...context, refused });
  const single = await withoutDuplicateCustomers(unit, valid, { ...context, refused });
  const tagged = await withinTagLimit(unit, single, { companyId, refused });
  const admitted = await withinCustomerLimit(unit, tagged, { companyId, refused });
  if (context.mode === "ALL_OR_NOTHING") throwIfAnyRefused(refused);
  const created = await createdTags(unit, admitted);
  return { stored: await recordsOf(unit, admitted, created, context), refused };
}

/** The customers without duplicates of others, as far as the company refuses those. Leads do not count. */
export function withoutDuplicateCustomers(
  unit: CustomerBatchUnit,
  judged: readonly Judged[],
  {
    access: { companyId },
    refused,
    viewOf,
  }: Pick<DecisionContext, "access" | "viewOf"> & Pick<JudgeContext, "refused">,
): Promise<readonly Judged[]> {
  return withoutDuplicates(unit, judged, {
    ...{ kind: "CUSTOMER", companyId, refused },
    contactsOf: ({ item }) => item.customer,
    viewOf: ({ item }) => {
      const view = viewOf(item);
      return !item.isImport && view.refuses && view.customers ? { ...view, leads: false } : undefined;
    },
  });
}

interface JudgeContext extends Pick<DecisionContext, "access" | "mayCreateTags"> {
  readonly refused: Map<number, DomainError>;
}

/** The items that no rule of a single customer refuses. */
export async function judgeEach(
  unit: CustomerBatchUnit,
  items: readonly AskedItem[],
  context: JudgeContext,
): Promise<readonly Judged[]> {
  const facts = await unit.ask(questionsOf(items));
  const { lookup, keep, externalIdRefusal } = lookupOf(unit.now, facts);
  const known = tagIndex(facts.tags);
  const valid: Judged[] = [];
  for (const one of items) {
    const { customer } = one.item;
    const tags = matchTags(customer.tags, known.of(customer.tags), { carried: [], mayCreate: context.mayCreateTags });
    const violations = [...refusedPhones(customer.phones, context.access), ...one.fields.violations];
    const references = { missing: missingOf(customer, facts), tags: tags.resolution, references: customer.tags };
    const own = one.item.isImport ? await importViolations(lookup, one.item) : [];
    const refusal =
      importRefusal(own, referenceError({ ...references, violations })) ??
      idRefusal(one.item.id, facts) ??
      externalIdRefusal(customer) ??
      sizeRefusal(one, unit.recordBytes);
    if (refusal) context.refused.set(one.position, refusal);
    else {
      keep(customer);
      const id = one.item.id ?? newId(idPrefixes.customer);
      valid.push({ ...one, newId: id, found: tags.found, creations: tags.creations });
    }
  }
  return valid;
}

/** Almost no customer is so large that its size must be counted. */
function sizeRefusal({ item, fields }: AskedItem, limit: number): DomainError | undefined {
  const record = { ...item.customer, customFields: fields.values };
  return mostBytes(record) > limit ? refusalOf(() => assertRecordSize({ record, limit })) : undefined;
}

export async function recordsOf(
  unit: CustomerBatchUnit,
  admitted: readonly Judged[],
  created: ReadonlyMap<string, Tag>,
  { access: { companyId }, write }: Pick<DecisionContext, "access" | "write">,
): Promise<ReadonlyMap<number, BatchedCustomer>> {
  const optedOut = await unit.optedOut(admitted.map(({ item }) => item.customer));
  const records = new Map<number, BatchedCustomer>();
  for (const [index, one] of admitted.entries()) {
    const { item, fields, position } = one;
    const { provenance: ofImport, ...record } = importedRecord({ ...item, companyId }, { now: unit.now, write });
    const { choice, withheld } = respectingOptOut(record, optedOut[index] ?? []);
    const provenance = item.isImport ? ofImport : item.customer.provenance;
    records.set(position, {
      ...{ ...record, ...choice, withheld, companyId, id: one.newId },
      ...{ customFields: fields.values, tags: tagsOf(one, created) },
      ...(provenance ? { provenance } : {}),
    });
  }
  return records;
}
