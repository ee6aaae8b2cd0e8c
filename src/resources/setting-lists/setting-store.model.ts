import type { WriteContext } from "../../core/write.js";
import type { ReferralSource } from "../customers/customer.model.js";
import type { ActionStatus, LifeCycle } from "../leads/lead.model.js";
import type { PetCode } from "../pets/pet.model.js";
import type {
  ActionStatusContent,
  NameContent,
  NamedEntry,
  PetCodeContent,
  PetSize,
  PetSizeContent,
  SettingEntry,
  TagContent,
  TagGroup,
} from "./setting.model.js";
import type { Tag } from "./tag.model.js";

/** Identifies a list of a company. */
export interface ListQuery {
  readonly companyId: string;
  readonly showArchived: boolean;
}

/** Identifies an entry of a list. */
export interface EntryTarget {
  readonly companyId: string;
  readonly id: string;
}

export interface NewEntry<Content> extends EntryTarget {
  readonly content: Content;
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
  create(entry: NewEntry<Content>, write: WriteContext): Promise<Entry>;
  /**
   * Stores the change that `decide` returns for the locked entry, which is undefined if it does not exist. `decide` can
   * throw.
   */
  change(
    target: EntryTarget,
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

export interface LifeCycleRepository extends SettingRepository<LifeCycle, NameContent> {
  /** Makes the entry the only default. `check` gets the locked entry and can throw. */
  setDefault(
    target: EntryTarget,
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
