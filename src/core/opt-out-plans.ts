import type { Channel } from "./consent.js";
import type { Reachable } from "./contact-line.js";

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
