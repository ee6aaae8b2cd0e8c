import { describe, expect, it } from "vitest";
import { applyConsent, type Channel, type ConsentChange, defaultConsent } from "../../src/core/consent.js";
import {
  type ConsentPurpose,
  type ContactChange,
  type ContactChoice,
  changedChoice,
  isAllowed,
  newChoice,
} from "../../src/core/contact-rule.js";
import { defaultPreference, noPreference, type Preference } from "../../src/core/preference.js";

const marketing: ConsentChange = {
  marketingCampaignsChannels: ["EMAIL"],
  isAgreedMarketingPolicy: true,
  isConsented: true,
};
const byEmail = { channel: "EMAIL", purpose: "MARKETING" } as const;

const channels: readonly Channel[] = ["SMS", "EMAIL", "AUTO_CALL"];
const purposes: readonly ConsentPurpose[] = ["SERVICE_RELATED", "MARKETING", "APPOINTMENT_REMINDER"];
const everything = {
  ...{ serviceRelatedChannels: channels, marketingCampaignsChannels: channels },
  ...{ brandedAppEnabled: true, isAgreedMarketingPolicy: true, isConsented: true },
};
const all = { receiveAutoMessage: true, receiveAutoEmail: true, subscribeToMarketingEmails: true };
const everyWish: Preference = { ...all, receiveAppointmentReminder: true };

/** The contacts that are refused, of all nine. */
function refused(facts: Parameters<typeof isAllowed>[0]): string[] {
  return purposes.flatMap((purpose) =>
    channels.flatMap((channel) => (isAllowed(facts, { channel, purpose }) ? [] : [`${purpose} ${channel}`])),
  );
}

describe("a contact is allowed where consent and preference both allow it", () => {
  it.each<[string, Partial<Preference>, string[]]>([
    ["nothing is refused", {}, []],
    ["automatic texts", { receiveAutoMessage: false }, ["SERVICE_RELATED SMS", "APPOINTMENT_REMINDER SMS"]],
    ["automatic emails", { receiveAutoEmail: false }, ["SERVICE_RELATED EMAIL", "APPOINTMENT_REMINDER EMAIL"]],
    ["marketing emails", { subscribeToMarketingEmails: false }, ["MARKETING EMAIL"]],
    ["reminders", { receiveAppointmentReminder: false }, channels.map((one) => `APPOINTMENT_REMINDER ${one}`)],
  ])("a preference that refuses %s", (_, change, expected) => {
    expect(refused({ consent: everything, preference: { ...everyWish, ...change } })).toEqual(expected);
  });

  it("a preference alone permits nothing, and neither does no entry of the ledger", () => {
    const consent = { ...everything, serviceRelatedChannels: [], marketingCampaignsChannels: [] };
    for (const facts of [{ consent, preference: everyWish }, { preference: everyWish }, {}]) {
      expect(refused(facts)).toHaveLength(9);
    }
  });

  it("marketing needs the agreement to the policy", () => {
    const consent = { ...everything, isAgreedMarketingPolicy: false };
    expect(refused({ consent })).toEqual(channels.map((one) => `MARKETING ${one}`));
  });
});

describe("a consent ends when more is permitted than was consented to", () => {
  const before = { ...defaultConsent, marketingCampaignsChannels: ["EMAIL"] as const, isConsented: true };
  it.each<[string, ConsentChange, boolean]>([
    ["a channel of marketing is added", { marketingCampaignsChannels: ["EMAIL", "SMS"] }, false],
    ["a channel of service messages is added", { serviceRelatedChannels: ["SMS", "EMAIL", "AUTO_CALL"] }, false],
    ["a channel is exchanged", { marketingCampaignsChannels: ["SMS"] }, false],
    ["the marketing policy is agreed to", { isAgreedMarketingPolicy: true }, false],
    ["the app is enabled", { brandedAppEnabled: true }, false],
    ["a channel is added with the consent", { marketingCampaignsChannels: ["SMS"], isConsented: true }, true],
    ["a channel is taken away", { marketingCampaignsChannels: [], serviceRelatedChannels: ["SMS"] }, true],
    ["the lists are repeated in another order", { serviceRelatedChannels: ["EMAIL", "SMS"] }, true],
    ["nothing changes", {}, true],
  ])("%s", (_, change, isConsented) => {
    expect(applyConsent(before, change).isConsented).toBe(isConsented);
  });
});

describe("the choice of a new customer", () => {
  it("is the default of both, which agree", () => {
    expect(newChoice({})).toEqual({ consent: defaultConsent, preference: defaultPreference });
  });

  it("follows the consent in what the preference does not state", () => {
    expect(newChoice({ consent: { ...marketing, serviceRelatedChannels: ["SMS"] } }).preference).toEqual({
      ...{ receiveAutoMessage: true, receiveAutoEmail: false },
      ...{ subscribeToMarketingEmails: true, receiveAppointmentReminder: true },
    });
  });

  it("loses the channel of a preference that is false", () => {
    const { consent } = newChoice({ preference: { ...defaultPreference, receiveAutoMessage: false } });
    expect(consent.serviceRelatedChannels).toEqual(["EMAIL"]);
  });

  it("is stored as the request states both, and the no decides", () => {
    const choice = newChoice({ consent: marketing, preference: noPreference });
    expect(choice.consent.marketingCampaignsChannels).toEqual(["EMAIL"]);
    expect(choice.preference).toEqual(noPreference);
    expect(isAllowed(choice, byEmail)).toBe(false);
  });
});

describe("a change of the choice", () => {
  const subscribed = newChoice({ consent: marketing });
  const wished = newChoice({ preference: { subscribeToMarketingEmails: true } });

  it.each<[string, ContactChoice, ContactChange, { listed: boolean; wanted: boolean; allowed: boolean }]>([
    ["a preference of false withdraws", subscribed, { preference: { subscribeToMarketingEmails: false } }, no()],
    ["a list without the channel", subscribed, { consent: { marketingCampaignsChannels: ["SMS"] } }, no()],
    ["the policy is revoked", subscribed, { consent: { isAgreedMarketingPolicy: false } }, { ...no(), listed: true }],
    ["everything is cleared", subscribed, { consent: { marketingCampaignsChannels: [] } }, no()],
    ["a preference of true permits nothing", newChoice({}), { preference: everyWish }, { ...no(), wanted: true }],
    ["a list without the channel ends the wish", wished, { consent: { marketingCampaignsChannels: [] } }, no()],
    ["a refused policy ends the wish", wished, { consent: { isAgreedMarketingPolicy: false } }, no()],
    [
      "the policy alone keeps the wish",
      wished,
      { consent: { isAgreedMarketingPolicy: true } },
      { ...no(), wanted: true },
    ],
    ["a consent subscribes", newChoice({}), { consent: marketing }, yes()],
    [
      "a no beside a consent stays a no",
      newChoice({}),
      { consent: marketing, preference: noPreference },
      { ...no(), listed: true },
    ],
    [
      "a change to false is stronger than the repeated list",
      subscribed,
      { consent: marketing, preference: { subscribeToMarketingEmails: false } },
      no(),
    ],
    [
      "a withdrawal is stronger than the repeated preference",
      subscribed,
      { consent: { marketingCampaignsChannels: [] }, preference: { subscribeToMarketingEmails: true } },
      no(),
    ],
  ])("%s", (_, before, change, expected) => {
    const after = changedChoice(before, change);
    expect({
      listed: after.consent.marketingCampaignsChannels.includes("EMAIL"),
      wanted: after.preference.subscribeToMarketingEmails,
      allowed: isAllowed(after, byEmail),
    }).toEqual(expected);
  });

  it("that repeats the stored state changes nothing", () => {
    const states = [subscribed, wished, newChoice({ consent: marketing, preference: noPreference })];
    for (const state of states) expect(changedChoice(state, state)).toEqual(state);
  });

  it("withdraws every channel by a cleared preference and keeps the consent to the rest", () => {
    const { consent } = changedChoice(newChoice({ consent: everything }), { preference: noPreference });
    expect(consent).toEqual({
      ...everything,
      serviceRelatedChannels: ["AUTO_CALL"],
      marketingCampaignsChannels: ["SMS", "AUTO_CALL"],
    });
  });
});

function no() {
  return { listed: false, wanted: false, allowed: false };
}

function yes() {
  return { listed: true, wanted: true, allowed: true };
}
