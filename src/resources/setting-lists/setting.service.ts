import { DomainError, type Violation } from "../../core/errors.js";
import { idPrefixes } from "../../core/ids.js";
import { type Principal, requireCompanyAccess } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { ReferralSource } from "../customers/customer.model.js";
import type { ActionStatus, LifeCycle } from "../leads/lead.model.js";
import type { PetCode, Weight } from "../pets/pet.model.js";
import type {
  ActionStatusContent,
  NameContent,
  NamedEntry,
  PetCodeContent,
  PetSize,
  PetSizeContent,
  TagContent,
  TagGroup,
} from "./setting.model.js";
import { assertInUse, assertMayWriteSettings, createSettingList, type SettingList } from "./setting-list.service.js";
import type { EntryTarget, GroupChange, SettingRepositories } from "./setting-store.model.js";
import type { Tag } from "./tag.model.js";

/** The settings lists for customers, leads and pets. */
export interface Settings {
  readonly tags: SettingList<Tag, TagContent> & TagGroups;
  readonly referralSources: SettingList<ReferralSource, NameContent>;
  readonly lifeCycles: SettingList<LifeCycle, NameContent> & DefaultLifeCycle;
  readonly actionStatuses: SettingList<ActionStatus, ActionStatusContent>;
  readonly petCodes: SettingList<PetCode, PetCodeContent>;
  readonly petSizes: SettingList<PetSize, PetSizeContent>;
  readonly petTypes: SettingList<NamedEntry, NameContent>;
  readonly petCoatTypes: SettingList<NamedEntry, NameContent>;
}

export interface TagGroups {
  /** The groups of tags that are not archived, by name. */
  listGroups(companyId: string, principal: Principal, signal: AbortSignal): Promise<readonly TagGroup[]>;
  /** Renames a group on all its tags, including archived ones. Throws NOT_FOUND. */
  renameGroup(change: GroupChange, principal: Principal, write: WriteContext): Promise<TagGroup>;
}

export interface DefaultLifeCycle {
  /** Makes the entry the only default. Throws NOT_FOUND, RESOURCE_ARCHIVED. */
  setDefault(target: EntryTarget, principal: Principal, write: WriteContext): Promise<LifeCycle>;
}

export function createSettings(repositories: SettingRepositories): Settings {
  return {
    tags: {
      ...createSettingList(repositories.tags, { resource: "Tag", idPrefix: idPrefixes.tag }),
      ...createTagGroups(repositories),
    },
    referralSources: createSettingList(repositories.referralSources, {
      resource: "ReferralSource",
      idPrefix: idPrefixes.referralSource,
    }),
    lifeCycles: {
      ...createSettingList(repositories.lifeCycles, {
        resource: lifeCycle,
        idPrefix: idPrefixes.lifeCycle,
        assertArchivable: assertNotDefault,
      }),
      ...createDefaultLifeCycle(repositories),
    },
    actionStatuses: createSettingList(repositories.actionStatuses, {
      resource: "ActionStatus",
      idPrefix: idPrefixes.actionStatus,
    }),
    petCodes: createSettingList(repositories.petCodes, { resource: "PetCode", idPrefix: idPrefixes.petCode }),
    petSizes: createSettingList(repositories.petSizes, {
      resource: "PetSize",
      idPrefix: idPrefixes.petSize,
      violations: weightViolations,
    }),
    petTypes: createSettingList(repositories.petTypes, { resource: "PetType", idPrefix: idPrefixes.petType }),
    petCoatTypes: createSettingList(repositories.petCoatTypes, {
      resource: "PetCoatType",
      idPrefix: idPrefixes.petCoatType,
    }),
  };
}

const lifeCycle = "LifeCycle";

function createTagGroups({ tagGroups }: SettingRepositories): TagGroups {
  return {
    async listGroups(companyId, principal, signal) {
      requireCompanyAccess(principal, companyId);
      return tagGroups.list(companyId, signal);
    },
    async renameGroup(change, principal, write) {
      assertMayWriteSettings(principal, change.companyId);
      return tagGroups.rename(change, write);
    },
  };
}

function createDefaultLifeCycle({ lifeCycles }: SettingRepositories): DefaultLifeCycle {
  return {
    async setDefault(target, principal, write) {
      assertMayWriteSettings(principal, target.companyId);
      return lifeCycles.setDefault(target, write, (found) => {
        assertInUse(found, lifeCycle, target.id);
      });
    },
  };
}

/** A company with life cycle stages always has a default, where new leads start. */
function assertNotDefault({ id, isDefault }: LifeCycle): void {
  if (!isDefault) return;
  throw new DomainError(
    "DEFAULT_LIFE_CYCLE",
    "The default life cycle stage cannot be archived. Set another default first.",
    {
      metadata: { id },
    },
  );
}

function weightViolations({ weightLow, weightHigh }: PetSizeContent): Violation[] {
  if (!weightLow || !weightHigh || kilograms(weightLow) <= kilograms(weightHigh)) return [];
  return [{ field: "weight_high", reason: "CONFLICT", description: "Must not be less than weight_low." }];
}

const kilogramsPerPound = 0.45359237;

function kilograms({ value, unit }: Weight): number {
  return unit === "POUND" ? value * kilogramsPerPound : value;
}
