import { type BatchMode, throwIfAnyRefused } from "../../core/batch.js";
import { type Refusals, undecided } from "../../core/batch-items.js";
import type { DomainError } from "../../core/errors.js";
import { leftRecords, type OnMatch, type PlannedRecord, type UpsertDecision } from "../../core/upsert.js";
import type { Tag } from "./tag.model.js";
import { createdTags, type TaggedItem, type TagUnit, withinTagLimit } from "./tag-batch.model.js";
import type { NamedTag } from "./tag-match.model.js";

/** A batch of upserts within its transaction, as far as all records with tags have it. */
interface UpsertUnit extends TagUnit {
  /** What earlier requests stored for items, by position. They are not stored again. */
  readonly replayed: ReadonlyMap<number, string>;
  readonly refused: Refusals;
}

interface Asked {
  readonly position: number;
}

export interface TaggedUpsertDecision<Created, Plan, Stored> extends UpsertDecision<Created, Plan, Stored> {
  /** Ids of created tags, by the keys of their names. */
  readonly tagIds: ReadonlyMap<string, string>;
}

/** A decided change with the tags that it creates. */
export interface PlannedItem<Plan> extends TaggedItem {
  readonly plan: Plan;
}

interface Creating {
  readonly creations: readonly NamedTag[];
}

/** Plans with the positions of their items. Those that are refused are left out. */
export function plannedItems<Plan extends Creating>(
  items: readonly Asked[],
  plans: readonly (Plan | { readonly refusal: DomainError })[],
  refuse: (position: number, refusal: DomainError) => void,
): readonly PlannedItem<Plan>[] {
  return items.flatMap(({ position }, index) => {
    const plan = plans[index];
    if (!plan) return [];
    if (!("refusal" in plan)) return [{ position, plan, found: [], creations: plan.creations }];
    refuse(position, plan.refusal);
    return [];
  });
}

type Found<Item, Stored> = Item & { readonly record: Stored };

interface UpsertSteps<Item extends Asked, Stored, Judged extends TaggedItem, Created, Plan> {
  readonly companyId: string;
  readonly mode: BatchMode;
  readonly onMatch: OnMatch;
  /** Refused before anything was read, by position. */
  readonly early: Refusals;
  /** Finds and locks what the items match. */
  match(
    open: readonly Item[],
    refused: Map<number, DomainError>,
  ): Promise<{ readonly matched: readonly Found<Item, Stored>[]; readonly unmatched: readonly Item[] }>;
  /** The items that no rule of a new record refuses. */
  judge(unmatched: readonly Item[], refused: Map<number, DomainError>): Promise<readonly Judged[]>;
  /** The changes that no rule refuses. */
  plan(
    matched: readonly Found<Item, Stored>[],
    refused: Map<number, DomainError>,
  ): Promise<readonly PlannedItem<Plan>[]>;
  /** Those of the new records for which the company has room. */
  admit?(created: readonly Judged[], refused: Map<number, DomainError>): Promise<readonly Judged[]>;
  recordsOf(admitted: readonly Judged[], tags: ReadonlyMap<string, Tag>): Promise<ReadonlyMap<number, Created>>;
}

/**
 * Decides which items of a batch create a record, and which change one. Items are judged in their order, so that the
 * limits of the company refuse those that come last.
 *
 * @throws the refusal of an item if the batch is stored as a whole or not at all
 */
export async function decideTaggedUpserts<
  Item extends Asked,
  Stored,
  Judged extends TaggedItem,
  Created,
  Plan extends PlannedRecord<Stored>,
>(
  unit: UpsertUnit,
  asked: readonly Item[],
  steps: UpsertSteps<Item, Stored, Judged, Created, Plan>,
): Promise<TaggedUpsertDecision<Created, Plan, Stored>> {
  const { companyId, mode, onMatch } = steps;
  const { open, refused } = undecided(unit, asked, steps.early);
  const { matched, unmatched } = await steps.match(open, refused);
  const judged = unmatched.length === 0 ? [] : await steps.judge(unmatched, refused);
  const changing = onMatch === "SKIP" ? [] : matched;
  const plans = changing.length === 0 ? [] : await steps.plan(changing, refused);
  const tagged = await withinTagLimit(unit, inOrder<TaggedItem>([...judged, ...plans]), { companyId, refused });
  const kept = new Set(tagged.map(({ position }) => position));
  const created = judged.filter(({ position }) => kept.has(position));
  const admitted = steps.admit ? await steps.admit(created, refused) : created;
  if (mode === "ALL_OR_NOTHING") throwIfAnyRefused(refused);
  const changed = plans.filter(({ position, plan }) => kept.has(position) && !plan.isEmpty);
  const tags = await createdTags(unit, inOrder<TaggedItem>([...admitted, ...changed]));
  return {
    created: await steps.recordsOf(admitted, tags),
    changed: new Map(changed.map(({ position, plan }) => [position, plan])),
    left: leftRecords(onMatch === "SKIP" ? matched : [], plans),
    refused,
    tagIds: new Map([...tags].map(([key, { id }]) => [key, id])),
  };
}

function inOrder<Item extends Asked>(items: readonly Item[]): readonly Item[] {
  return items.toSorted((one, other) => one.position - other.position);
}
