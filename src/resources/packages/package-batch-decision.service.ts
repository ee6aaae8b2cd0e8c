import { type BatchMode, isRefused, orRefusal, throwIfAnyRefused } from "../../core/batch.js";
import { type OpenItem, type Refusals, undecided } from "../../core/batch-items.js";
import { alreadyExistsError, DomainError, mergedError, throwIfInvalid, violation } from "../../core/errors.js";
import { externalIdKey, externalIdTaken } from "../../core/external-id.js";
import { prefixPaths } from "../../core/record-import.js";
import { assertRecordSize, mostBytes } from "../../core/record-size.js";
import type { BatchFacts, SaleBatchDecision, SaleBatchUnit, SaleItem } from "./package-batch.model.js";
import type { RequestedSale, SoldPackage } from "./package-sale.model.js";
import { detailOf, soldPackage } from "./package-sale.service.js";

interface DecisionContext {
  readonly mode: BatchMode;
  /** Refused before anything was read. */
  readonly early: Refusals;
}

/**
 * Decides which sales of a batch are stored.
 *
 * @throws the refusal of an item if the batch is stored as a whole or not at all
 */
export async function decideSales(
  unit: SaleBatchUnit,
  asked: readonly OpenItem<SaleItem>[],
  { mode, early }: DecisionContext,
): Promise<SaleBatchDecision> {
  const { open, refused } = undecided(unit, asked, early);
  const facts = open.length === 0 ? undefined : await unit.ask(open.map(({ item }) => item.sale));
  const stored = facts ? await judgeEach(open, unit, { facts, refused }) : new Map<number, SoldPackage>();
  if (mode === "ALL_OR_NOTHING") throwIfAnyRefused(refused);
  assertBounded([...stored.values()]);
  return { stored, refused };
}

interface Judging {
  readonly facts: BatchFacts;
  /** Gets the refusals. */
  readonly refused: Map<number, DomainError>;
}

/** The packages of sales that are not refused, by position. An earlier item has an external id before a later one. */
export async function judgeEach(
  open: readonly OpenItem<SaleItem>[],
  unit: SaleBatchUnit,
  { facts, refused }: Judging,
): Promise<ReadonlyMap<number, SoldPackage>> {
  const stored = new Map<number, SoldPackage>();
  const externalIds = new Set(facts.takenExternalIds.keys());
  for (const { position, item } of open) {
    const judged = await orRefusal(() => judge(item.sale, { ...facts, externalIds }, unit));
    if (isRefused(judged)) refused.set(position, ofItem(item.sale, judged.refusal, facts));
    else {
      stored.set(position, judged);
      for (const id of judged.externalIds) externalIds.add(externalIdKey(id));
    }
  }
  return stored;
}

interface JudgedFacts extends BatchFacts {
  /** External ids of stored packages and of earlier items, by `externalIdKey`. */
  readonly externalIds: ReadonlySet<string>;
}

function judge(sale: RequestedSale, facts: JudgedFacts, { now, recordBytes: limit }: SaleBatchUnit): SoldPackage {
  const sold = soldPackage(sale, facts, now);
  if (sale.id !== undefined && facts.takenIds.has(sale.id)) throw alreadyExistsError("Package", "id");
  if (sale.lines?.some(({ id }) => id !== undefined && facts.takenLineIds.has(id)))
    throw alreadyExistsError("PackageService", "package_services.id");
  if (sale.externalIds.some((id) => facts.externalIds.has(externalIdKey(id)))) throw externalIdTaken("Package");
  const record = detailOf(sold, facts, now);
  // Almost no package is so large that its size must be counted.
  if (mostBytes(record) > limit) assertRecordSize({ record, limit });
  return sold;
}

/** The refusal of a sale as the one of an item, whose paths begin there. */
function ofItem({ customerId }: RequestedSale, refusal: DomainError, { merged }: BatchFacts): DomainError {
  const { violations, ...details } = refusal.details;
  if (!violations) return refusal;
  const survivor = merged.get(customerId);
  const [first, ...others] = violations;
  if (survivor !== undefined && first?.field === "customer_id" && others.length === 0)
    return mergedError("Customer", customerId, survivor);
  return new DomainError(refusal.reason, prefixed(refusal.message, violations), {
    ...details,
    violations: prefixPaths("sale", violations),
  });
}

function prefixed(message: string, [first]: readonly { readonly field: string }[]): string {
  return first && message.startsWith(`${first.field}:`) ? `sale.${message}` : message;
}

/** What the packages of one batch may have in all. A small request can name a large template hundreds of times. */
const maxServices = 20_000;
const maxNoteCharacters = 2_000_000;

/** @throws INVALID_REQUEST, and nothing is stored */
export function assertBounded(sold: readonly SoldPackage[]): void {
  const services = sumOf(sold, ({ lines }) => sumOf(lines, (line) => 1 + line.services.length));
  const characters = sumOf(sold, ({ lines, note }) => lines.length * note.length);
  throwIfInvalid([
    ...(services > maxServices
      ? [
          violation(
            "items",
            "TOO_MANY",
            `Must have at most ${maxServices} package items and services in all, not ${services}. Split the batch.`,
          ),
        ]
      : []),
    ...(characters > maxNoteCharacters
      ? [
          violation(
            "items",
            "TOO_MANY",
            `Must have at most ${maxNoteCharacters} characters of notes in all package items, not ${characters}. Split the batch.`,
          ),
        ]
      : []),
  ]);
}

function sumOf<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((sum, item) => sum + count(item), 0);
}
