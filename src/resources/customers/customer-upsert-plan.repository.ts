import { isDeepStrictEqual } from "node:util";
import { type Channel, sameConsent } from "../../core/consent.js";
import type { Reachable } from "../../core/contact-line.js";
import { DomainError } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import { changedFields } from "../../db/changed-fields.js";
import type { Database } from "../../db/database.js";
import { inRequestOrder, matchTags, type NamedTag } from "../setting-lists/tag-match.model.js";
import type { CustomerTransaction } from "./customer.model.js";
import { type CustomerChanges, takeChanges } from "./customer-changes.repository.js";
import { assertCustomerSize } from "./customer-result.repository.js";
import type { CustomerStateRow } from "./customer-state.repository.js";
import type { AskedChange, ChangeFacts, PlannedChange } from "./customer-upsert.model.js";
import type { UpsertedRow } from "./customer-upsert-match.repository.js";

/** A decided change with what it stores. */
export interface StoredPlan extends PlannedChange {
  readonly changes: CustomerChanges;
  /** Names of the changed fields, as the API spells them. */
  readonly fields: readonly string[];
  /** Whether the consent ledger gets an entry. */
  readonly isNewChoice: boolean;
  /** Tags that do not exist yet, by the provisional id of each. */
  readonly newTags: ReadonlyMap<string, NamedTag>;
}

export interface PlanOptions {
  readonly database: Database;
  /** The customers as they are locked, by id. */
  readonly rows: ReadonlyMap<string, UpsertedRow>;
  readonly facts: ChangeFacts;
  readonly author: string;
  readonly maxTags: number;
  readonly recordBytes: number;
  optedOut(records: readonly Reachable[]): Promise<readonly (readonly Channel[])[]>;
}

type Planned = StoredPlan | { readonly refusal: DomainError };

/** Decides changes, and again those of customers who have opted out of what they would permit. */
export async function planChanges(asked: readonly AskedChange[], options: PlanOptions): Promise<readonly Planned[]> {
  const plans: Planned[] = [];
  for (const one of asked) plans.push(await planChange(one, [], options));
  const asking = [...plans.entries()].flatMap(([index, plan]) =>
    "refusal" in plan || !plan.changes.asksOptOuts ? [] : [{ index, plan }],
  );
  if (asking.length === 0) return plans;
  const channels = await options.optedOut(asking.map(({ plan }) => contactsAfter(plan)));
  for (const [position, { index }] of asking.entries()) {
    const [found, one] = [channels[position] ?? [], asked[index]];
    if (found.length > 0 && one) plans[index] = await planChange(one, found, options);
  }
  return plans;
}

function contactsAfter({ customer, changes: { phones, change } }: StoredPlan): Reachable {
  return { phones: phones ?? customer.phones, email: change.email ?? customer.email };
}

async function planChange(
  { customer, decide }: AskedChange,
  assumed: readonly Channel[],
  { database, rows, facts, author, maxTags, recordBytes }: PlanOptions,
): Promise<Planned> {
  const found = rows.get(customer.id);
  if (!found) throw new Error("a customer that is changed was read");
  const row: CustomerStateRow = { ...found, ...nothingAsked };
  const { unit, taken } = takeChanges({ database, row, customer, maxTags, author, assumed });
  const newTags = new Map<string, NamedTag>();
  try {
    await decide({
      ...unit,
      ...answersOf(
        facts,
        customer.tags.map(({ id }) => id),
        newTags,
      ),
    });
    const changes = taken();
    assertCustomerSize({ customer, row, changes, author, limit: recordBytes });
    const { change, nested, withheld } = changes;
    const { consent = customer.consent, preference = customer.preference } = change;
    const isSame = sameConsent(consent, customer.consent) && isDeepStrictEqual(preference, customer.preference);
    const fields = [...changedFields(customer, { ...customer, ...change }), ...nested];
    const isNewChoice = !isSame || withheld !== undefined;
    const creations = [...newTags.values()];
    return { customer, changes, fields, isNewChoice, newTags, creations, isEmpty: fields.length === 0 && !isNewChoice };
  } catch (error) {
    if (error instanceof DomainError) return { refusal: error };
    throw error;
  }
}

/** What the statement of a single change reads beside the customer. The facts of the batch answer instead. */
const nothingAsked = {
  ...{ has_business: false, has_staff: false, asked_source: null, asked_notes: null, definitions: null },
  ...{ asked_tags: null, tag_room: null, replay_fingerprint: null, replay_presence: null, replay_ids: null },
};

type Answers = Pick<CustomerTransaction, "customFields" | "missing" | "resolveTags">;

/** @param newTags gets the tags that do not exist, by the provisional id of each */
function answersOf(
  { businesses, referralSources, staff, tags: known, customFields }: ChangeFacts,
  carried: readonly string[],
  newTags: Map<string, NamedTag>,
): Answers {
  return {
    customFields,

    async missing({ preferredBusinessId, referralSourceId, assignedStaffId }) {
      const isMissing = (id: string | undefined, present: ReadonlySet<string>) => id !== undefined && !present.has(id);
      return [
        ...(isMissing(preferredBusinessId, businesses) ? (["preferredBusinessId"] as const) : []),
        ...(isMissing(referralSourceId, referralSources) ? (["referralSourceId"] as const) : []),
        ...(isMissing(assignedStaffId, staff) ? (["assignedStaffId"] as const) : []),
      ];
    },

    async resolveTags(references, mayCreate) {
      const { found, creations, resolution } = matchTags(references, known, { carried, mayCreate });
      const placed = creations.map((named) => {
        const id = newId(idPrefixes.tag);
        newTags.set(id, named);
        const unsaved = { group: "", archived: false, lastUpdatedBy: "", lastUpdatedTime: new Date(0) };
        return { position: named.position, tag: { id, name: named.name, ...unsaved } };
      });
      return { ...resolution, tags: inRequestOrder([...found, ...placed]) };
    },
  };
}
