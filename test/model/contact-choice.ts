import { type ConsentChange, changedConsent } from "./contact-parts.js";
import { type Consent, type Customer, defaultConsent, defaultPreference, type Preference } from "./world.js";

/** docs/consent.md: what consent and preference of a customer do to each other. */

const [sms, email] = ["COMPLIANCE_CHANNEL_SMS", "COMPLIANCE_CHANNEL_EMAIL"];

/** The list and the channel of each member of the preference but reminders, in their order. */
const subjects = [
  { at: 0, list: "service", channel: sms },
  { at: 1, list: "service", channel: email },
  { at: 2, list: "marketing", channel: email },
] as const;
type Subject = (typeof subjects)[number];

type Choice = Pick<Customer, "consent" | "preference">;
export type PreferenceParts = readonly (boolean | undefined)[];

const can = (consent: Consent, { list, channel = "" }: Subject) =>
  consent[list].includes(channel) && (list === "service" || consent.policy);

const listed = (change: ConsentChange | undefined, { list, channel = "" }: Subject) =>
  change?.[list]?.includes(channel) ?? false;

const withdraw = (consent: Consent, { list, channel }: Subject): Consent => ({
  ...consent,
  [list]: consent[list].filter((one) => one !== channel),
});

function withParts(before: Preference, parts: PreferenceParts): Preference {
  const [a, b, c, d] = before;
  return [parts[0] ?? a, parts[1] ?? b, parts[2] ?? c, parts[3] ?? d];
}

/** Of a new customer. A promotion gives the consent of the lead. */
export function newChoice(change: ConsentChange | undefined, stated: PreferenceParts = []): Choice {
  let consent = changedConsent(defaultConsent, change);
  for (const one of subjects) if (stated[one.at] === false && !listed(change, one)) consent = withdraw(consent, one);
  const mirrored = withParts(
    defaultPreference,
    subjects.map((one) => can(consent, one)),
  );
  return { consent, preference: withParts(mirrored, stated) };
}

export function changedChoice(
  before: Choice,
  change: ConsentChange | undefined,
  stated: PreferenceParts | undefined,
): Choice {
  if (!change && !stated) return { consent: before.consent, preference: before.preference };
  let consent = changedConsent(before.consent, change);
  for (const one of subjects) {
    const isOff = stated?.[one.at] === false;
    if (isOff && (before.preference[one.at] || !listed(change, one))) consent = withdraw(consent, one);
  }
  const forced = subjects.map((one) => {
    const [could, may] = [can(before.consent, one), can(consent, one)];
    if (could && !may) return false;
    if (stated?.[one.at] !== undefined) return undefined;
    const isRefused =
      (change?.[one.list] !== undefined && !listed(change, one)) ||
      (one.list === "marketing" && change?.policy === false);
    if (!may) return isRefused ? false : undefined;
    return could ? undefined : true;
  });
  return { consent, preference: withParts(withParts(before.preference, stated ?? []), forced) };
}
