import type { ActionStatus } from "../leads/lead.model.js";
import type { PetCode, Weight } from "../pets/pet.model.js";
import type { Tag } from "./tag.model.js";

/**
 * The properties that entries of all lists have in common. Entries are archived and never deleted, because records can
 * refer to them.
 */
export interface SettingEntry {
  readonly id: string;
  readonly archived: boolean;
}

/** An entry that consists only of a name. */
export interface NamedEntry extends SettingEntry {
  readonly name: string;
}

/** A size class of pets. */
export interface PetSize extends NamedEntry {
  /** Absent means no lower limit. */
  readonly weightLow?: Weight;
  /** Absent means no upper limit. */
  readonly weightHigh?: Weight;
}

/** A group name that several tags have. */
export interface TagGroup {
  readonly name: string;
  /** Number of tags that are not archived. */
  readonly tagCount: number;
}

/** The properties that clients write, by list. */
export type NameContent = Pick<NamedEntry, "name">;
export type TagContent = Pick<Tag, "name" | "group">;
export type ActionStatusContent = Pick<ActionStatus, "name" | "color">;
export type PetCodeContent = Pick<PetCode, "abbreviation" | "description" | "color">;
export type PetSizeContent = Omit<PetSize, keyof SettingEntry>;

/** Maximum number of entries per reorder request. */
export const maxOrderedEntries = 5_000;
