import { isRefused, type RefusedBatchItem } from "./batch.js";
import type { Channel } from "./consent.js";
import type { ConsentProvenance } from "./consent-provenance.js";
import type { Reachable } from "./contact-line.js";
import { isWithheldAlready, type PastChoice, type Withheld } from "./contact-rule.js";

interface Planning<Asked, Plan> {
  /** @param optedOut the channels from which a line of the changed record is taken to be opted out */
  plan(asked: Asked, optedOut: readonly Channel[]): Promise<Plan>;
  /** The contacts of the changed record, if opt-outs of them matter. */
  contactsOf(plan: Plan): Reachable | undefined;
  optedOut(records: readonly Reachable[]): Promise<readonly (readonly Channel[])[]>;
}

/** Plans changes, and again those of people who have opted out of what they would permit. */
export async function planRespectingOptOuts<Asked, Plan>(
  asked: readonly Asked[],
  { plan, contactsOf, optedOut }: Planning<Asked, Plan>,
): Promise<readonly Plan[]> {
  const plans: Plan[] = [];
  for (const one of asked) plans.push(await plan(one, []));
  const asking = plans.flatMap((planned, index) => {
    const contacts = contactsOf(planned);
    return contacts ? [{ index, contacts }] : [];
  });
  if (asking.length === 0) return plans;
  const channels = await optedOut(asking.map(({ contacts }) => contacts));
  for (const [place, { index }] of asking.entries()) {
    const [found, one] = [channels[place] ?? [], asked[index]];
    if (found.length > 0 && one) plans[index] = await plan(one, found);
  }
  return plans;
}

interface PlannedChoice {
  readonly record: { readonly id: string };
  readonly changes: {
    readonly withheld?: Withheld | undefined;
    readonly provenance?: ConsentProvenance | undefined;
  };
  /** Names of the changed fields. */
  readonly fields: readonly string[];
  /** Whether the consent or the preferences change. */
  readonly isOtherChoice: boolean;
  /** Whether the consent ledger gets an entry. */
  readonly isNewChoice: boolean;
  readonly isEmpty: boolean;
}

/**
 * Leaves out entries of the consent ledger that repeat what it says already: a system that sends the same people again and
 * again asks each time for what their opt-outs withhold. New evidence is not a repetition: the person may have agreed again.
 */
export async function withoutRepeatedChoices<Plan extends PlannedChoice>(
  plans: readonly (Plan | RefusedBatchItem)[],
  ledgersOf: (ids: readonly string[]) => Promise<ReadonlyMap<string, readonly PastChoice[]>>,
): Promise<readonly (Plan | RefusedBatchItem)[]> {
  const repeating = plans.flatMap((plan) => (isRefused(plan) || !withheldAlone(plan) ? [] : [plan.record.id]));
  if (repeating.length === 0) return plans;
  const ledgers = await ledgersOf(repeating);
  return plans.map((plan) => {
    const withheld = isRefused(plan) ? undefined : withheldAlone(plan);
    if (isRefused(plan) || !withheld) return plan;
    const { record, changes } = plan;
    if (!isWithheldAlready(ledgers.get(record.id) ?? [], withheld, changes.provenance)) return plan;
    return { ...plan, isNewChoice: false, isEmpty: plan.fields.length === 0 };
  });
}

/** What opt-outs withhold from a plan that changes no choice otherwise. */
function withheldAlone({ isOtherChoice, changes }: PlannedChoice): Withheld | undefined {
  return isOtherChoice ? undefined : changes.withheld;
}
