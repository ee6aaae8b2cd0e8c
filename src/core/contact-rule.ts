import { applyConsent, type Channel, type Consent, type ConsentChange, defaultConsent } from "./consent.js";
import { type ConsentProvenance, sameProvenance } from "./consent-provenance.js";
import { enumeration, type WordOf } from "./enumeration.js";
import { defaultPreference, type Preference } from "./preference.js";

export const consentPurposes = enumeration("SERVICE_RELATED", "MARKETING", "APPOINTMENT_REMINDER");

export type ConsentPurpose = WordOf<typeof consentPurposes>;

/** A contact that is intended. */
export interface Contact {
  readonly channel: Channel;
  readonly purpose: ConsentPurpose;
}

/** What decides whether a customer or lead may be contacted. */
export interface ContactFacts {
  /** Absent before the first entry of the ledger. */
  readonly consent?: Consent | undefined;
  /** Absent for leads, and for a time at which the ledger did not contain preferences. */
  readonly preference?: Preference | undefined;
  /** Channels of which one of its numbers or its email address is opted out. */
  readonly optedOut?: readonly Channel[] | undefined;
}

export const consentRefusals = enumeration(
  ...(["NO_ENTRY", "CHANNEL", "MARKETING_POLICY"] as const),
  ...(["RECEIVE_AUTO_MESSAGE", "RECEIVE_AUTO_EMAIL", "SUBSCRIBE_TO_MARKETING_EMAILS"] as const),
  ...(["RECEIVE_APPOINTMENT_REMINDER", "OPTED_OUT", "NOT_FOUND", "HOLDER"] as const),
);

export type ConsentRefusal = WordOf<typeof consentRefusals>;

/**
 * The only rule of who may be contacted: consent and preference must both allow it, and no opt-out must forbid it
 * (docs/consent.md). Everything that refuses the contact; nothing if it is allowed.
 */
export function refusalsOf(
  { consent, preference, optedOut = [] }: ContactFacts,
  contact: Contact,
): readonly ConsentRefusal[] {
  return [
    ...(optedOut.includes(contact.channel) ? ["OPTED_OUT" as const] : []),
    ...(consent ? unpermitted(consent, contact) : ["NO_ENTRY" as const]),
    ...(preference ? unwanted(preference, contact) : []),
  ];
}

export function isAllowed(facts: ContactFacts, contact: Contact): boolean {
  return refusalsOf(facts, contact).length === 0;
}

function permits(consent: Consent, contact: Contact): boolean {
  return unpermitted(consent, contact).length === 0;
}

/** Marketing requires consent to the policy in addition to the channel. */
function unpermitted(consent: Consent, { channel, purpose }: Contact): readonly ConsentRefusal[] {
  return [
    ...(consent[listOf(purpose)].includes(channel) ? [] : ["CHANNEL" as const]),
    ...(purpose === "MARKETING" && !consent.isAgreedMarketingPolicy ? ["MARKETING_POLICY" as const] : []),
  ];
}

function unwanted(preference: Preference, { channel, purpose }: Contact): readonly ConsentRefusal[] {
  const list = listOf(purpose);
  const asked = flags.filter((one) => one.channel === channel && listOf(one.purpose) === list);
  return [
    ...asked.flatMap(({ flag, refusal }) => (preference[flag] ? [] : [refusal])),
    ...(purpose === "APPOINTMENT_REMINDER" && !preference.receiveAppointmentReminder
      ? ["RECEIVE_APPOINTMENT_REMINDER" as const]
      : []),
  ];
}

type ChannelList = "serviceRelatedChannels" | "marketingCampaignsChannels";

/** A reminder is a service message. */
function listOf(purpose: ConsentPurpose): ChannelList {
  return purpose === "MARKETING" ? "marketingCampaignsChannels" : "serviceRelatedChannels";
}

/** The contact that each member of the preference is about. Reminders have no channel of their own. */
const flags: readonly Flag[] = [
  { flag: "receiveAutoMessage", channel: "SMS", purpose: "SERVICE_RELATED", refusal: "RECEIVE_AUTO_MESSAGE" },
  { flag: "receiveAutoEmail", channel: "EMAIL", purpose: "SERVICE_RELATED", refusal: "RECEIVE_AUTO_EMAIL" },
  {
    ...{ flag: "subscribeToMarketingEmails", channel: "EMAIL", purpose: "MARKETING" },
    refusal: "SUBSCRIBE_TO_MARKETING_EMAILS",
  },
];

interface Flag extends Contact {
  readonly flag: keyof Preference;
  readonly refusal: ConsentRefusal;
}

export interface ContactChoice {
  readonly consent: Consent;
  readonly preference: Preference;
}

/** What a request says of either. Absent members are unchanged, or take their defaults. */
export interface ContactChange {
  readonly consent?: ConsentChange | undefined;
  readonly preference?: Partial<Preference> | undefined;
}

/**
 * The choice of a new customer. A preference that the request does not state follows the consent. A false one withdraws
 * its channel, unless the request lists that channel as well: both are then stored as given, and the no decides.
 */
export function newChoice({ consent: given = {}, preference: stated = {} }: ContactChange): ContactChoice {
  const asked = applyConsent(defaultConsent, given);
  const withdrawn = flags.filter((one) => stated[one.flag] === false && !lists(given, one));
  const consent = withdrawn.reduce(without, asked);
  const followed = Object.fromEntries(flags.map((one) => [one.flag, permits(consent, one)]));
  return { consent, preference: { ...defaultPreference, ...followed, ...stated } };
}

/**
 * The choice after a change. What is lost on one side is lost on the other: a preference set to false withdraws its
 * channel, and a withdrawn channel sets its preference to false. A new consent sets its preference to true unless the
 * request states it. A preference set to true changes nothing else. A request that repeats the stored state changes
 * nothing.
 */
export function changedChoice(before: ContactChoice, change: ContactChange): ContactChoice {
  const { consent: given = {}, preference: stated = {} } = change;
  const withdrawn = flags.filter(
    (one) => stated[one.flag] === false && (before.preference[one.flag] || !lists(given, one)),
  );
  const consent = withdrawn.reduce(without, applyConsent(before.consent, given));
  const preference = { ...before.preference, ...stated };
  for (const one of flags) {
    const [wasPermitted, isPermitted] = [permits(before.consent, one), permits(consent, one)];
    const isStated = stated[one.flag] !== undefined;
    if (!isPermitted && (wasPermitted || (!isStated && optsOut(given, one)))) preference[one.flag] = false;
    if (isPermitted && !wasPermitted && !isStated) preference[one.flag] = true;
  }
  return { consent, preference };
}

function lists(given: ConsentChange, { channel, purpose }: Contact): boolean {
  return given[listOf(purpose)]?.includes(channel) ?? false;
}

/** Whether the request says no to the contact, though it may have had no consent before. */
function optsOut(given: ConsentChange, contact: Contact): boolean {
  const isLeftOut = given[listOf(contact.purpose)] !== undefined && !lists(given, contact);
  return isLeftOut || (contact.purpose === "MARKETING" && given.isAgreedMarketingPolicy === false);
}

function without(consent: Consent, { channel, purpose }: Contact): Consent {
  const list = listOf(purpose);
  return { ...consent, [list]: consent[list].filter((one) => one !== channel) };
}

/** What an opt-out takes from a choice: channels of either list, and preferences. */
export interface Withheld {
  readonly serviceRelatedChannels: readonly Channel[];
  readonly marketingCampaignsChannels: readonly Channel[];
  readonly preferences: readonly Flag["flag"][];
}

type AnyChoice = Pick<ContactChoice, "consent"> & Partial<Pick<ContactChoice, "preference">>;

/** What a choice permits on the channels. Undefined if nothing. */
export function withheldFrom({ consent, preference }: AnyChoice, channels: readonly Channel[]): Withheld | undefined {
  if (channels.length === 0) return undefined;
  const among = (list: readonly Channel[]) => list.filter((channel) => channels.includes(channel));
  const withheld = {
    serviceRelatedChannels: among(consent.serviceRelatedChannels),
    marketingCampaignsChannels: among(consent.marketingCampaignsChannels),
    preferences: flags
      .filter(({ flag, channel }) => channels.includes(channel) && preference?.[flag])
      .map(({ flag }) => flag),
  };
  return isNothing(withheld) ? undefined : withheld;
}

function isNothing({ serviceRelatedChannels, marketingCampaignsChannels, preferences }: Withheld): boolean {
  return [...serviceRelatedChannels, ...marketingCampaignsChannels, ...preferences].length === 0;
}

export function channelsIn({ serviceRelatedChannels, marketingCampaignsChannels, preferences }: Withheld) {
  const wanted = flags.filter(({ flag }) => preferences.includes(flag)).map(({ channel }) => channel);
  return [...new Set([...serviceRelatedChannels, ...marketingCampaignsChannels, ...wanted])];
}

export function consentWithout(consent: Consent, withheld: Withheld): Consent {
  const kept = (list: ChannelList) => consent[list].filter((channel) => !withheld[list].includes(channel));
  return {
    ...consent,
    serviceRelatedChannels: kept("serviceRelatedChannels"),
    marketingCampaignsChannels: kept("marketingCampaignsChannels"),
  };
}

export function preferenceWithout(preference: Preference, { preferences }: Withheld): Preference {
  return { ...preference, ...Object.fromEntries(preferences.map((flag) => [flag, false])) };
}

interface Respecting<Choice> {
  readonly choice: Choice;
  readonly withheld?: Withheld;
}

/** The choice without what it permits on opted-out channels, and what that is. */
export function respectingOptOut(choice: ContactChoice, channels: readonly Channel[]): Respecting<ContactChoice> {
  const withheld = withheldFrom(choice, channels);
  if (!withheld) return { choice };
  const consent = consentWithout(choice.consent, withheld);
  return { choice: { consent, preference: preferenceWithout(choice.preference, withheld) }, withheld };
}

/** The same for a lead, which has no preference. */
export function consentRespectingOptOut(consent: Consent, channels: readonly Channel[]): Respecting<Consent> {
  const withheld = withheldFrom({ consent }, channels);
  return withheld ? { choice: consentWithout(consent, withheld), withheld } : { choice: consent };
}

/** Gives back what opt-outs took. It was agreed to before, so the consent does not end. */
export function consentWith(consent: Consent, withheld: Withheld): Consent {
  const joined = (list: ChannelList) => [...new Set([...consent[list], ...withheld[list]])];
  return {
    ...consent,
    serviceRelatedChannels: joined("serviceRelatedChannels"),
    marketingCampaignsChannels: joined("marketingCampaignsChannels"),
  };
}

export function preferenceWith(preference: Preference, { preferences }: Withheld): Preference {
  return { ...preference, ...Object.fromEntries(preferences.map((flag) => [flag, true])) };
}

/** An entry of the consent ledger, of which an opt-in needs this. */
export interface PastChoice {
  readonly after: Consent;
  readonly preferenceAfter?: Preference | undefined;
  readonly withheld?: Withheld | undefined;
  readonly provenance?: ConsentProvenance | undefined;
}

/**
 * What an opt-in to channels gives back, by the entries of a ledger from the oldest to the newest: what opt-outs took, and
 * nothing has permitted since.
 */
export function stillWithheld(entries: readonly PastChoice[], channels: readonly Channel[]): Withheld | undefined {
  let [service, marketing]: [readonly Channel[], readonly Channel[]] = [[], []];
  let preferences: Withheld["preferences"] = [];
  for (const { after, preferenceAfter, withheld } of entries) {
    service = [...service, ...(withheld?.serviceRelatedChannels ?? [])];
    marketing = [...marketing, ...(withheld?.marketingCampaignsChannels ?? [])];
    preferences = [...preferences, ...(withheld?.preferences ?? [])];
    service = service.filter((channel) => !after.serviceRelatedChannels.includes(channel));
    marketing = marketing.filter((channel) => !after.marketingCampaignsChannels.includes(channel));
    preferences = preferences.filter((flag) => !preferenceAfter?.[flag]);
  }
  const among = (list: readonly Channel[]) => [...new Set(list)].filter((channel) => channels.includes(channel));
  const found = {
    serviceRelatedChannels: among(service),
    marketingCampaignsChannels: among(marketing),
    preferences: flags
      .filter(({ flag, channel }) => channels.includes(channel) && preferences.includes(flag))
      .map(({ flag }) => flag),
  };
  return isNothing(found) ? undefined : found;
}

/**
 * Whether the ledger has all of this among what an opt-in gives back, with the same evidence if there is any, so that a
 * further entry would say nothing new.
 */
export function isWithheldAlready(
  entries: readonly PastChoice[],
  withheld: Withheld,
  provenance: ConsentProvenance = {},
): boolean {
  const saysNothing = sameProvenance(provenance);
  const proven = entries.map((entry) =>
    saysNothing || sameProvenance(provenance, entry.provenance) ? entry : { ...entry, withheld: undefined },
  );
  const known = stillWithheld(proven, channelsIn(withheld));
  const has = <Part extends keyof Withheld>(part: Part) => {
    const listed = new Set<string>(known?.[part]);
    return withheld[part].every((one) => listed.has(one));
  };
  return has("serviceRelatedChannels") && has("marketingCampaignsChannels") && has("preferences");
}
