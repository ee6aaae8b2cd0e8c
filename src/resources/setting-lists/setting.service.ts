import { requireCompanyAccess, requireCompanyWrite } from "../../core/access.js";
import { type CompanyResource, requireActive } from "../../core/company-resource.js";
import { DomainError, type Violation, violation } from "../../core/errors.js";
import { idPrefixes } from "../../core/ids.js";
import type { Principal } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { LifeCycle } from "../leads/lead-history.model.js";
import type { Weight } from "../pets/pet.model.js";
import type { GroupChange, PetSizeContent, SettingRepositories, TagGroup } from "./setting.model.js";
import { createSettingList } from "./setting-list.service.js";

/** The settings lists for customers, leads and pets. */
export type Settings = ReturnType<typeof createSettings>;

export function createSettings(repositories: SettingRepositories) {
  const { tagGroups, lifeCycles } = repositories;
  return {
    tags: {
      ...createSettingList(repositories.tags, { resource: "Tag", idPrefix: idPrefixes.tag }),

      /** The groups of tags that are not archived, by name. */
      async listGroups(companyId: string, principal: Principal, signal: AbortSignal): Promise<readonly TagGroup[]> {
        requireCompanyAccess(principal, companyId);
        return tagGroups.list(companyId, signal);
      },

      /** Renames a group on all its tags, including archived ones. Throws NOT_FOUND. */
      async renameGroup(change: GroupChange, principal: Principal, write: WriteContext): Promise<TagGroup> {
        requireCompanyWrite(principal, change.companyId, "setting:write");
        return tagGroups.rename(change, write);
      },
    },

    referralSources: createSettingList(repositories.referralSources, {
      ...{ resource: "ReferralSource", idPrefix: idPrefixes.referralSource },
    }),

    lifeCycles: {
      ...createSettingList(lifeCycles, {
        ...{ resource: lifeCycle, idPrefix: idPrefixes.lifeCycle, assertArchivable: assertNotDefault },
      }),

      /** Makes the entry the only default. Throws NOT_FOUND, RESOURCE_ARCHIVED. */
      async setDefault(target: CompanyResource, principal: Principal, write: WriteContext): Promise<LifeCycle> {
        requireCompanyWrite(principal, target.companyId, "setting:write");
        return lifeCycles.setDefault(target, write, (found) => {
          requireActive(found, lifeCycle, target.id);
        });
      },
    },

    actionStatuses: createSettingList(repositories.actionStatuses, {
      ...{ resource: "ActionStatus", idPrefix: idPrefixes.actionStatus },
    }),
    petCodes: createSettingList(repositories.petCodes, { resource: "PetCode", idPrefix: idPrefixes.petCode }),
    petSizes: createSettingList(repositories.petSizes, {
      ...{ resource: "PetSize", idPrefix: idPrefixes.petSize, violations: weightViolations },
    }),
    petTypes: createSettingList(repositories.petTypes, { resource: "PetType", idPrefix: idPrefixes.petType }),
    petCoatTypes: createSettingList(repositories.petCoatTypes, {
      ...{ resource: "PetCoatType", idPrefix: idPrefixes.petCoatType },
    }),
  };
}

const lifeCycle = "LifeCycle";

/** A company with life cycle stages always has a default, where new leads start. */
function assertNotDefault({ id, isDefault }: LifeCycle): void {
  if (!isDefault) return;
  throw new DomainError(
    "DEFAULT_LIFE_CYCLE",
    "The default life cycle stage cannot be archived. Set another default first.",
    { metadata: { id } },
  );
}

function weightViolations({ weightLow, weightHigh }: PetSizeContent): Violation[] {
  if (!weightLow || !weightHigh || kilograms(weightLow) <= kilograms(weightHigh)) return [];
  return [violation("weight_high", "CONFLICT", "Must not be less than weight_low.")];
}

const kilogramsPerPound = 0.45359237;

function kilograms({ value, unit, exact = String(value) }: Weight): number {
  return unit === "POUND" ? Number(exact) * kilogramsPerPound : Number(exact);
}
