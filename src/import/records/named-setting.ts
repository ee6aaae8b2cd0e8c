import { lineRule, nameRule, normalise, type TextRule, tagNameRule } from "../../core/text.js";

/** What a file can name of a company: entries of its settings lists, and its staff, whom an import does not create. */
export const settingLists = {
  tag: { noun: "tag", plural: "tags", rule: tagNameRule, note: "Tag" },
  referralSource: { noun: "referral source", plural: "referral sources", rule: nameRule, note: "Referral source" },
  lifeCycle: { noun: "lead stage", plural: "lead stages", rule: nameRule, note: "Lead stage" },
  actionStatus: { noun: "lead status", plural: "lead statuses", rule: nameRule, note: "Lead status" },
  staff: { noun: "staff member", plural: "staff members", rule: lineRule, note: "Assigned staff" },
} as const satisfies Readonly<Record<string, ListWords>>;

interface ListWords {
  readonly noun: string;
  readonly plural: string;
  readonly rule: TextRule;
  /** Begins the line of a note that keeps a name without a setting. */
  readonly note: string;
}

export type SettingListName = keyof typeof settingLists;

export type CreatedList = Exclude<SettingListName, "staff">;

/** An entry of a settings list as a row names it. */
export interface NamedSetting {
  readonly list: SettingListName;
  readonly name: string;
}

/** A name of a cell, as the company would store it. */
export function settingName(list: SettingListName, text: string): NamedSetting {
  return { list, name: normalise(text.replaceAll(/\s+/g, " "), settingLists[list].rule) };
}
