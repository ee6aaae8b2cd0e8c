import { foldCase, lineRule, nameRule, normalise, type TextRule, tagNameRule } from "../../core/text.js";

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
  /** As the company would store it, and cut if it is far too long. */
  readonly name: string;
  /** As the cell has it, for the note that keeps a name without a setting. */
  readonly text: string;
}

export function settingName(list: SettingListName, text: string): NamedSetting {
  return { list, name: normalise(text.replaceAll(/\s+/g, " "), settingLists[list].rule), text: text.trim() };
}

/** Names with the same key are one setting. */
export function settingKey({ list, name }: Pick<NamedSetting, "list" | "name">): string {
  return `${list} ${foldCase(name)}`;
}

/** Each setting once, as it is named first. */
export function distinctSettings(names: readonly NamedSetting[]): readonly NamedSetting[] {
  const met = new Set<string>();
  return names.filter((named) => met.size < met.add(settingKey(named)).size);
}
