import type { CompanyResource } from "../../core/company-resource.js";
import type { WriteContext } from "../../core/write.js";
import type { ReferralSource } from "../customers/customer.model.js";
import type { ActionStatus, LifeCycle } from "../leads/lead-history.model.js";
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
export interface LifeCycleContent extends NameContent {
  /** Whether a new stage becomes the default if the company has none. Default: true. */
  readonly mayBeDefault?: boolean;
}
export type TagContent = Pick<Tag, "name" | "group">;
export type ActionStatusContent = Pick<ActionStatus, "name" | "color">;
export type PetCodeContent = Pick<PetCode, "abbreviation" | "description" | "color">;
export type PetSizeContent = Omit<PetSize, keyof SettingEntry>;

/** Maximum number of entries per reorder request. */
export const maxOrderedEntries = 5_000;

/** Identifies a list of a company. */
export interface ListQuery {
  readonly companyId: string;
  readonly showArchived: boolean;
}

export interface NewEntry<Content, Entry extends SettingEntry = SettingEntry> extends CompanyResource {
  readonly content: Content;
  /** Throws ALREADY_EXISTS if the list has such an entry, archived or not. Absent means that only unique values matter. */
  readonly unless?: (entry: Entry) => boolean;
}

/** Ids in their new order. */
export interface NewOrder {
  readonly companyId: string;
  readonly ids: readonly string[];
}

/** The change of an entry. Undefined means no change. */
export type EntryChange<Content> = { readonly content: Content } | { readonly archived: boolean } | undefined;

/** Named, ordered entries of a company that can be archived. Writes of one company are serialized. */
export interface SettingRepository<Entry extends SettingEntry, Content> {
  /** Ordered by display order, then by name, then by id. */
  list(query: ListQuery, signal: AbortSignal): Promise<readonly Entry[]>;
  /** Appends the entry to the list. Throws ALREADY_EXISTS. */
  create(entry: NewEntry<Content, Entry>, write: WriteContext): Promise<Entry>;
  /**
   * Stores the change that `decide` returns for the locked entry, which is undefined if it does not exist. `decide` can
   * throw.
   */
  change(
    target: CompanyResource,
    write: WriteContext,
    decide: (entry: Entry | undefined) => EntryChange<Content>,
  ): Promise<Entry>;
  /** Archived entries come last and keep their order. `check` gets all entries of the list and can throw. */
  reorder(order: NewOrder, write: WriteContext, check: (entries: readonly Entry[]) => void): Promise<readonly Entry[]>;
}

export interface TagGroupRepository {
  /** The groups of tags that are not archived, by name. */
  list(companyId: string, signal: AbortSignal): Promise<readonly TagGroup[]>;
  /** Throws NOT_FOUND if no tag has the group. */
  rename(change: GroupChange, write: WriteContext): Promise<TagGroup>;
}

export interface GroupChange {
  readonly companyId: string;
  readonly group: string;
  readonly newGroup: string;
}

export interface LifeCycleRepository extends SettingRepository<LifeCycle, LifeCycleContent> {
  /** Makes the entry the only default. `check` gets the locked entry and can throw. */
  setDefault(
    target: CompanyResource,
    write: WriteContext,
    check: (entry: LifeCycle | undefined) => void,
  ): Promise<LifeCycle>;
}

/** The settings lists of a company. */
export interface SettingRepositories {
  readonly tags: SettingRepository<Tag, TagContent>;
  readonly tagGroups: TagGroupRepository;
  readonly referralSources: SettingRepository<ReferralSource, NameContent>;
  readonly lifeCycles: LifeCycleRepository;
  readonly actionStatuses: SettingRepository<ActionStatus, ActionStatusContent>;
  readonly petCodes: SettingRepository<PetCode, PetCodeContent>;
  readonly petSizes: SettingRepository<PetSize, PetSizeContent>;
  readonly petTypes: SettingRepository<NamedEntry, NameContent>;
  readonly petCoatTypes: SettingRepository<NamedEntry, NameContent>;
}
