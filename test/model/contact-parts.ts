import type { JsonObject } from "@bufbuild/protobuf";
import fc from "fast-check";
import { authorOf } from "./command.js";
import type { Who } from "./companies.js";
import { maybe, noteTexts, type Sample } from "./samples.js";
import { type Consent, type Lines, type Note, newId, newTime, noLines, type Preference, type World } from "./world.js";

/** The parts of customers and leads: what to send, and what becomes of it. */

const channels = ["COMPLIANCE_CHANNEL_SMS", "COMPLIANCE_CHANNEL_EMAIL", "COMPLIANCE_CHANNEL_AUTO_CALL"];

export interface ConsentChange {
  readonly service: readonly string[] | undefined;
  readonly marketing: readonly string[] | undefined;
  readonly app: boolean | undefined;
  readonly policy: boolean | undefined;
  readonly consented: boolean | undefined;
}

export const consentChanges: fc.Arbitrary<ConsentChange> = fc.record({
  service: maybe(fc.subarray(channels)),
  marketing: maybe(fc.subarray(channels)),
  app: maybe(fc.boolean()),
  policy: maybe(fc.boolean()),
  consented: maybe(fc.boolean()),
});

/** The write shape; what is absent keeps. */
export function sentConsent({ service, marketing, app, policy, consented }: ConsentChange): JsonObject {
  return {
    ...(service ? { serviceRelatedChannels: { channels: [...service] } } : {}),
    ...(marketing ? { marketingCampaignsChannels: { channels: [...marketing] } } : {}),
    ...(app === undefined ? {} : { brandedAppEnabled: app }),
    ...(policy === undefined ? {} : { isAgreedMarketingPolicy: policy }),
    ...(consented === undefined ? {} : { isConsented: consented }),
  };
}

/** What permits more ends the consent, unless the consent is given with it. */
export function changedConsent(before: Consent, change: ConsentChange | undefined): Consent {
  const {
    service = before.service,
    marketing = before.marketing,
    app = before.app,
    policy = before.policy,
  } = change ?? {};
  const adds =
    (app && !before.app) ||
    (policy && !before.policy) ||
    service.some((channel) => !before.service.includes(channel)) ||
    marketing.some((channel) => !before.marketing.includes(channel));
  return { service, marketing, app, policy, consented: change?.consented ?? (before.consented && !adds) };
}

export function isSameConsent(a: Consent, b: Consent): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export type AddressInput = { readonly lines: Partial<Lines>; readonly isSecondary: boolean };

export const addresses: fc.Arbitrary<AddressInput> = fc.record({
  lines: fc.record(
    {
      address1: fc.constantFrom("1 First St", "2 Second St"),
      city: fc.constantFrom("New York", "Boston"),
      postalCode: fc.constant("10001"),
    },
    { requiredKeys: ["address1"] },
  ),
  isSecondary: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

export function sentAddress({ lines, isSecondary }: AddressInput): JsonObject {
  return { ...lines, ...(isSecondary ? { type: "SECONDARY" } : {}) };
}

export function linesOf(input: AddressInput): Lines {
  return { ...noLines, ...input.lines };
}

export const preferences: fc.Arbitrary<Preference> = fc.tuple(fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean());

/** All members: one that is left out keeps its value in JSON, and is false in binary. */
export function sentPreference([sms, email, marketing, reminders]: Preference): JsonObject {
  return {
    ...{ receiveAutoMessage: sms, receiveAutoEmail: email },
    ...{ subscribeToMarketingEmails: marketing, receiveAppointmentReminder: reminders },
  };
}

export const newNoteTexts = fc.array(noteTexts, { maxLength: 2 });

export function sentNotes(texts: readonly Sample[]): JsonObject[] {
  return texts.map(({ sent }) => ({ note: sent }));
}

export function noteFaults(texts: readonly Sample[]) {
  return texts.flatMap((text, at) => ("fault" in text ? [{ field: `notes[${at}].note`, reason: text.fault }] : []));
}

/** Notes of one call, in its order. */
export function newNotes(world: World, texts: readonly Sample[], by: Who): Note[] {
  return texts.map((sample) => ({
    id: newId(world, "cxn_"),
    text: storedOf(sample),
    by: authorOf(by),
    time: newTime(),
  }));
}

/** What is stored of a sample that was admitted. */
export function storedOf<T>(sample: Sample<T>): T {
  if ("fault" in sample) throw new Error("the model stores only what it admits");
  return sample.stored;
}
