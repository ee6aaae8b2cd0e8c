import { type BatchMode, isRefused, orRefusal, refusalOf, throwIfAnyRefused } from "../../core/batch.js";
import { type OpenItem, type Refusals, undecided } from "../../core/batch-items.js";
import { type DomainError, mergedError, throwIfInvalid, type Violation } from "../../core/errors.js";
import { withoutExternalIds } from "../../core/external-id.js";
import { assertRecordSize, recordBytes } from "../../core/record-size.js";
import { hiddenMatch, leftRecords, type OnMatch } from "../../core/upsert.js";
import { addedExternalIds, refuseTakenIds } from "../../core/upsert-change.js";
import { contactValues, matchEach } from "../../core/upsert-items.js";
import type { BatchFacts, SaleItem } from "./package-batch.model.js";
import { assertBounded, judgeEach } from "./package-batch-decision.service.js";
import { requireUsable } from "./package-rules.service.js";
import type { RequestedSale } from "./package-sale.model.js";
import type {
  FoundPackage,
  PackageUpsertDecision,
  PackageUpsertItem,
  PackageUpsertUnit,
  PlannedPackage,
} from "./package-upsert.model.js";

/** An item that is still to be decided, with the sale that it records. */
export interface AskedUpsert extends OpenItem<SaleItem> {
  readonly upsert: PackageUpsertItem;
}

interface UpsertContext {
  readonly mode: BatchMode;
  readonly onMatch: OnMatch;
  /** Refused before anything was read. */
  readonly early: Refusals;
}

/**
 * Decides which items of a batch sell a package, and which find one.
 *
 * @throws the refusal of an item if the batch is stored as a whole or not at all
 */
export async function decideUpserts(
  unit: PackageUpsertUnit,
  asked: readonly AskedUpsert[],
  { mode, onMatch, early }: UpsertContext,
): Promise<PackageUpsertDecision> {
  const { open, refused } = undecided(unit, asked, early);
  if (open.length === 0) return { created: new Map(), changed: new Map(), left: new Map(), refused };
  const facts = await unit.ask(open.map(({ item }) => item.sale));
  const found = await unit.find(open.map(({ position, upsert: { keys } }) => ({ position, ...keys })));
  const { matched, unmatched } = matchEach(open, found, {
    ...{ noun: "package", refused },
    refuseFound: ([sold], one) => sold && foundRefusal(sold, one, onMatch),
    // SellPackage stores the id of a request as well.
    refuseAbsent: () => undefined,
    namesOf: ({ item: { sale } }) => contactValues({ phones: [], email: "", externalIds: sale.externalIds }),
  });
  const created = await judgeEach(unmatched, unit, { facts, refused });
  const plans: { readonly position: number; readonly plan: PlannedPackage }[] = [];
  for (const { position, item, record } of onMatch === "SKIP" ? [] : matched) {
    const plan = await orRefusal(() => planOf(item.sale, record, { facts, limit: unit.recordBytes }));
    if (isRefused(plan)) refused.set(position, plan.refusal);
    else plans.push({ position, plan });
  }
  if (mode === "ALL_OR_NOTHING") throwIfAnyRefused(refused);
  assertBounded([...created.values()]);
  return {
    ...{ created, refused, left: leftRecords(onMatch === "SKIP" ? matched : [], plans) },
    changed: new Map(plans.flatMap(({ position, plan }) => (plan.isEmpty ? [] : [[position, plan] as const]))),
  };
}

/** Packages of other locations are never named. */
function foundRefusal(
  sold: FoundPackage,
  { upsert: { keys } }: AskedUpsert,
  onMatch: OnMatch,
): DomainError | undefined {
  if (!sold.isSeen) return hiddenMatch({ resource: "Package", keys, mayKeepIds: true });
  return onMatch === "SKIP" ? undefined : refusalOf(() => requireUsable(sold));
}

interface PlanOptions {
  readonly facts: BatchFacts;
  /** Maximum size of a record. */
  readonly limit: number;
}

/**
 * What an upsert adds to the package that it found: external ids. What was sold stays as it is in the ledger.
 *
 * @throws the refusal of a sale that is not the one of the package
 */
function planOf(sale: RequestedSale, record: FoundPackage, { facts, limit }: PlanOptions): PlannedPackage {
  const { id, detail } = record;
  requireSameSale(sale, record, facts);
  const { externalIds: given } = sale;
  refuseTakenIds(given, { resource: "Package", id, owners: facts.takenExternalIds });
  const own = detail.externalIds;
  const externalIds = addedExternalIds({ own, given, noun: "package", path: "sale.external_ids" });
  const added = withoutExternalIds(externalIds, own);
  if (added.length > 0)
    assertRecordSize({ record: { ...detail, externalIds }, storedBytes: recordBytes(detail), limit });
  return { record, addedExternalIds: added, isEmpty: added.length === 0 };
}

function requireSameSale({ customerId, templateId }: RequestedSale, { detail }: FoundPackage, facts: BatchFacts): void {
  const isOther = customerId !== detail.customerId;
  const survivor = facts.merged.get(customerId);
  if (isOther && survivor !== undefined) throw mergedError("Customer", customerId, survivor);
  throwIfInvalid([
    ...(isOther ? [conflict("customer_id", "Must be the customer of the package.")] : []),
    ...(templateId === undefined || templateId === detail.templateId
      ? []
      : [conflict("template_id", "Must be the template that the package was sold from.")]),
  ]);
}

function conflict(field: string, description: string): Violation {
  return { field: `sale.${field}`, reason: "CONFLICT", description };
}
