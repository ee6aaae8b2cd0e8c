import type { AccessFilter } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { FieldDefinition, RelationTarget } from "../custom-fields/custom-field-values.model.js";
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

/** One list of a company. */
export interface ListQuery {
  readonly companyId: string;
  readonly showArchived: boolean;
}

/** One entry of it. */
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

/** What becomes of an entry; undefined = it stays as it is. */
export type EntryChange<Content> = { readonly content: Content } | { readonly archived: boolean } | undefined;

/** Named, ordered, archivable entries of a company. Writers of one company wait for each other. */
export interface SettingRepository<Entry extends SettingEntry, Content> {
  /** By display order, then by name, then by id. */
  list(query: ListQuery, signal: AbortSignal): Promise<readonly Entry[]>;
  /** At the end of the list. Throws ALREADY_EXISTS. */
  create(entry: NewEntry<Content>, write: WriteContext): Promise<Entry>;
  /** What `decide` says of the entry as it is under the lock, undefined when there is none; it throws what it refuses. */
  change(
    target: EntryTarget,
    write: WriteContext,
    decide: (entry: Entry | undefined) => EntryChange<Content>,
  ): Promise<Entry>;
  /** Archived entries come last, in the order they have. `check` throws what it refuses of all entries of the list. */
  reorder(order: NewOrder, write: WriteContext, check: (entries: readonly Entry[]) => void): Promise<readonly Entry[]>;
}

export interface TagGroupRepository {
  /** The groups of the tags in use, by name. */
  list(companyId: string, signal: AbortSignal): Promise<readonly TagGroup[]>;
  /** Throws NOT_FOUND when no tag names the group. */
  rename(change: GroupChange, write: WriteContext): Promise<TagGroup>;
}

export interface GroupChange {
  readonly companyId: string;
  readonly group: string;
  readonly newGroup: string;
}

export interface LifeCycleRepository extends SettingRepository<LifeCycle, NameContent> {
  /** Makes the entry the only default. `check` sees it under the lock, as `decide` of a change does. */
  setDefault(
    target: EntryTarget,
    write: WriteContext,
    check: (entry: LifeCycle | undefined) => void,
  ): Promise<LifeCycle>;
}

/** The lists of a company. */
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

export interface CustomFieldRepository {
  /** Definitions for customers or for leads, archived ones included. */
  definitions(
    companyId: string,
    association: "CUSTOMER" | "LEAD",
    signal: AbortSignal,
  ): Promise<readonly FieldDefinition[]>;
  /** Codes whose target does not exist in the one company of the visibility, or is not seen there. */
  missingRelations(
    accessFilter: AccessFilter,
    targets: readonly RelationTarget[],
    signal: AbortSignal,
  ): Promise<readonly string[]>;
}
