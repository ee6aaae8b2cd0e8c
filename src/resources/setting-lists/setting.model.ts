import type { ActionStatus } from "../leads/lead.model.js";
import type { PetCode, Weight } from "../pets/pet.model.js";
import type { Tag } from "./tag.model.js";

/** What the entries of all lists of a company have. They are archived, never deleted: records may refer to them. */
export interface SettingEntry {
  readonly id: string;
  readonly archived: boolean;
}

/** An entry that is nothing but a name. */
export interface NamedEntry extends SettingEntry {
  readonly name: string;
}

/** A size class of pets. */
export interface PetSize extends NamedEntry {
  /** Absent = no lower limit. */
  readonly weightLow?: Weight;
  /** Absent = no upper limit. */
  readonly weightHigh?: Weight;
}

/** A text that tags share. */
export interface TagGroup {
  readonly name: string;
  /** Archived tags do not count. */
  readonly tagCount: number;
}

/** What a caller writes of an entry, by list. */
export type NameContent = Pick<NamedEntry, "name">;
export type TagContent = Pick<Tag, "name" | "group">;
export type ActionStatusContent = Pick<ActionStatus, "name" | "color">;
export type PetCodeContent = Pick<PetCode, "abbreviation" | "description" | "color">;
export type PetSizeContent = Omit<PetSize, keyof SettingEntry>;

/** Most entries that can be put into an order by one call. */
export const maxOrderedEntries = 5_000;
