import { isDeepStrictEqual } from "node:util";
import { isRefused, orRefusal, type RefusedBatchItem } from "../../core/batch.js";
import { type Channel, sameConsent } from "../../core/consent.js";
import type { Reachable } from "../../core/contact-line.js";
import type { PastChoice } from "../../core/contact-rule.js";
import { planRespectingOptOuts, withoutRepeatedChoices } from "../../core/opt-out-plans.js";
import { changedFields } from "../../db/changed-fields.js";
import type { Database } from "../../db/database.js";
import { type PlannedTags, planTags } from "../setting-lists/planned-tags.model.js";
import type { CustomerTransaction } from "./customer.model.js";
import { type CustomerChanges, takeChanges } from "./customer-changes.repository.js";
import { assertCustomerSize } from "./customer-result.repository.js";
import type { CustomerStateRow } from "./customer-state.repository.js";
import type { AskedChange, ChangeFacts, PlannedChange } from "./customer-upsert.model.js";
import type { UpsertedRow } from "./customer-upsert-read.repository.js";

/** A decided change with what it stores. */
export interface StoredPlan extends PlannedChange {
  readonly changes: CustomerChanges;
  /** Names of the changed fields, as the API spells them. */
  readonly fields: readonly string[];
  /** Whether the consent or the preferences change. */
  readonly isOtherChoice: boolean;
  /** Whether the consent ledger gets an entry. */
  readonly isNewChoice: boolean;
  /** Tags that do not exist yet, by the provisional id of each. */
  readonly newTags: PlannedTags["created"];
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
  ledgersOf(ids: readonly string[]): Promise<ReadonlyMap<string, readonly PastChoice[]>>;
}

type Planned = StoredPlan | RefusedBatchItem;

/** Decides changes, and again those of customers who have opted out of what they would permit. */
export async function planChanges(asked: readonly AskedChange[], options: PlanOptions): Promise<readonly Planned[]> {
  const plans = await planRespectingOptOuts(asked, {
    plan: (one, optedOut) => orRefusal<StoredPlan>(() => planChange(one, optedOut, options)),
    contactsOf: (plan) => (isRefused(plan) || !plan.changes.asksOptOuts ? undefined : contactsAfter(plan)),
    optedOut: options.optedOut,
  });
  return withoutRepeatedChoices<StoredPlan>(plans, options.ledgersOf);
}

function contactsAfter({ record, changes: { phones, change } }: StoredPlan): Reachable {
  return { phones: phones ?? record.phones, email: change.email ?? record.email };
}

async function planChange(
  { customer, decide }: AskedChange,
  assumed: readonly Channel[],
  { database, rows, facts, author, maxTags, recordBytes }: PlanOptions,
): Promise<StoredPlan> {
  const found = rows.get(customer.id);
  if (!found) throw new Error("a customer that is changed was read");
  const row: CustomerStateRow = { ...found, ...nothingAsked };
  const { unit, taken } = takeChanges({ database, row, customer, maxTags, author, assumed });
  const carried = customer.tags.map(({ id }) => id);
  const tags = planTags(facts.tags, carried);
  await decide({ ...unit, ...answersOf(facts), resolveTags: tags.resolve });
  const changes = taken();
  assertCustomerSize({ customer, row, changes, author, limit: recordBytes });
  const { change, nested, withheld } = changes;
  const { consent = customer.consent, preference = customer.preference } = change;
  const isOtherChoice = !sameConsent(consent, customer.consent) || !isDeepStrictEqual(preference, customer.preference);
  const fields = [...changedFields(customer, { ...customer, ...change }), ...nested];
  const isNewChoice = isOtherChoice || withheld !== undefined;
  const creations = [...tags.created.values()];
  return {
    ...{ record: customer, changes, fields, isOtherChoice, isNewChoice, newTags: tags.created, creations },
    isEmpty: fields.length === 0 && !isNewChoice,
  };
}

/** What the statement of a single change reads beside the customer. The facts of the batch answer instead. */
const nothingAsked = {
  ...{ has_business: false, has_staff: false, asked_source: null, asked_notes: null, definitions: null },
  ...{ asked_tags: null, tag_room: null, replay_fingerprint: null, replay_presence: null, replay_ids: null },
};

type Answers = Pick<CustomerTransaction, "customFields" | "missing">;

function answersOf({ businesses, referralSources, staff, customFields }: ChangeFacts): Answers {
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
  };
}
