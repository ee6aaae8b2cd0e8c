import { z } from "zod";
import { companyResourceSchema, omitUndefined } from "../../api/fields.js";
import type { PageTokens } from "../../api/page-token.js";
import { rpc, type ServiceHandlers } from "../../api/rpc.js";
import type { CustomerSettingAdminService } from "../../gen/proto/moego/admin/v1/customer_setting_admin_service_pb.js";
import type { PetSettingAdminService } from "../../gen/proto/moego/admin/v1/pet_setting_admin_service_pb.js";
import type { SettingService } from "../../gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { createCatalogHandlers } from "../catalog/catalog.handlers.js";
import type { ServiceCatalog } from "../catalog/catalog.service.js";
import { fieldAssociation } from "../custom-fields/custom-field.input.js";
import type { CustomField } from "../custom-fields/custom-field.model.js";
import { toProtoCustomField } from "../custom-fields/custom-field.output.js";
import type { CustomFields } from "../custom-fields/custom-field.service.js";
import { hasAmount, keptWeight, type Weight } from "../pets/pet.model.js";
import { listAdministration, listing, merged, wholeOrPaged } from "./list-administration.handlers.js";
import {
  actionStatusUpdate,
  groupChange,
  namedUpdate,
  newActionStatus,
  newNamed,
  newPetCode,
  newPetSize,
  newTag,
  ofCompany,
  petCodeUpdate,
  petSizeInput,
  settingListRequest,
  tagUpdate,
} from "./setting.input.js";
import type { PetSize, PetSizeContent } from "./setting.model.js";
import { toProtoPetSize, toProtoTag } from "./setting.output.js";
import type { Settings } from "./setting.service.js";

export interface SettingHandlerDependencies {
  readonly settings: Settings;
  readonly customFields: CustomFields;
  readonly catalog: ServiceCatalog;
  readonly pageTokens: PageTokens;
}

/** Handlers of `moego.business.setting.v1.SettingService`. */
export function createSettingHandlers({
  settings,
  customFields,
  catalog,
  pageTokens,
}: SettingHandlerDependencies): ServiceHandlers<typeof SettingService> {
  return {
    ...createCatalogHandlers(catalog, pageTokens),

    listCustomerTags: listing(pageTokens, settings.tags, (entries, nextPageToken) => ({
      tags: entries.map(toProtoTag),
      nextPageToken,
    })),
    listCustomerReferralSources: listing(pageTokens, settings.referralSources, (entries, nextPageToken) => ({
      referralSources: [...entries],
      nextPageToken,
    })),
    listLeadsLifeCycles: listing(pageTokens, settings.lifeCycles, (entries, nextPageToken) => ({
      lifeCycles: [...entries],
      nextPageToken,
    })),
    listLeadsActionStatus: listing(pageTokens, settings.actionStatuses, (entries, nextPageToken) => ({
      actionStatuses: [...entries],
      nextPageToken,
    })),

    listCustomFields: wholeOrPaged<z.output<typeof fieldQuery>, CustomField, FieldPage>(
      pageTokens,
      fieldQuery,
      ({ filter, ...query }, { principal, signal }) => {
        const associations = [...new Set(filter?.associationTypes)];
        return customFields.list({ ...query, associations }, principal, signal);
      },
      (entries, nextPageToken) => ({ customFields: entries.map(toProtoCustomField), nextPageToken }),
    ),

    listPetCodes: listing(pageTokens, settings.petCodes, (entries, nextPageToken) => ({
      codes: [...entries],
      nextPageToken,
    })),
    listPetSizes: listing(pageTokens, settings.petSizes, (entries, nextPageToken) => ({
      petSizes: entries.map(toProtoPetSize),
      nextPageToken,
    })),
    listPetTypes: listing(pageTokens, settings.petTypes, (entries, nextPageToken) => ({
      petTypes: [...entries],
      nextPageToken,
    })),
    listPetCoatTypes: listing(pageTokens, settings.petCoatTypes, (entries, nextPageToken) => ({
      petCoatTypes: [...entries],
      nextPageToken,
    })),
  };
}

interface FieldPage {
  readonly customFields: ReturnType<typeof toProtoCustomField>[];
  readonly nextPageToken: string;
}

const fieldQuery = settingListRequest.extend({
  filter: z.object({ associationTypes: z.array(fieldAssociation.item) }).optional(),
});

type CustomerLists = Pick<Settings, "tags" | "referralSources" | "lifeCycles" | "actionStatuses">;

/** Handlers of `moego.admin.v1.CustomerSettingAdminService`. */
export function createCustomerSettingAdminHandlers(
  lists: CustomerLists,
): ServiceHandlers<typeof CustomerSettingAdminService> {
  const tags = listAdministration(lists.tags, {
    one: (tag) => ({ tag: toProtoTag(tag) }),
    all: (entries) => ({ tags: entries.map(toProtoTag) }),
  });
  const referralSources = listAdministration(lists.referralSources, {
    one: (referralSource) => ({ referralSource }),
    all: (entries) => ({ referralSources: [...entries] }),
  });
  const lifeCycles = listAdministration(lists.lifeCycles, {
    one: (lifeCycle) => ({ lifeCycle }),
    all: (entries) => ({ lifeCycles: [...entries] }),
  });
  const actionStatuses = listAdministration(lists.actionStatuses, {
    one: (actionStatus) => ({ actionStatus }),
    all: (entries) => ({ actionStatuses: [...entries] }),
  });
  return {
    createTag: tags.create(newTag),
    updateTag: tags.update(tagUpdate, merged),
    reorderTags: tags.reorder,
    archiveTag: tags.archive,
    restoreTag: tags.restore,

    listTagGroups: rpc(ofCompany, async ({ companyId }, { principal, signal }) => ({
      tagGroups: [...(await lists.tags.listGroups(companyId, principal, signal))],
    })),
    renameTagGroup: rpc(groupChange, async (change, { principal, write }) => ({
      tagGroup: await lists.tags.renameGroup(change, principal, write),
    })),

    createReferralSource: referralSources.create(newNamed),
    updateReferralSource: referralSources.update(namedUpdate, merged),
    reorderReferralSources: referralSources.reorder,
    archiveReferralSource: referralSources.archive,
    restoreReferralSource: referralSources.restore,

    createLifeCycle: lifeCycles.create(newNamed),
    updateLifeCycle: lifeCycles.update(namedUpdate, merged),
    reorderLifeCycles: lifeCycles.reorder,
    archiveLifeCycle: lifeCycles.archive,
    restoreLifeCycle: lifeCycles.restore,
    setDefaultLifeCycle: rpc(companyResourceSchema, async (target, { principal, write }) => ({
      lifeCycle: await lists.lifeCycles.setDefault(target, principal, write),
    })),

    createActionStatus: actionStatuses.create(newActionStatus),
    updateActionStatus: actionStatuses.update(actionStatusUpdate, merged),
    reorderActionStatuses: actionStatuses.reorder,
    archiveActionStatus: actionStatuses.archive,
    restoreActionStatus: actionStatuses.restore,
  };
}

type PetLists = Pick<Settings, "petCodes" | "petSizes" | "petTypes" | "petCoatTypes">;

/** Handlers of `moego.admin.v1.PetSettingAdminService`. */
export function createPetSettingAdminHandlers(lists: PetLists): ServiceHandlers<typeof PetSettingAdminService> {
  const petCodes = listAdministration(lists.petCodes, {
    one: (petCode) => ({ petCode }),
    all: (entries) => ({ petCodes: [...entries] }),
  });
  const petSizes = listAdministration(lists.petSizes, {
    one: (petSize) => ({ petSize: toProtoPetSize(petSize) }),
    all: (entries) => ({ petSizes: entries.map(toProtoPetSize) }),
  });
  const petTypes = listAdministration(lists.petTypes, {
    one: (petType) => ({ petType }),
    all: (entries) => ({ petTypes: [...entries] }),
  });
  const petCoatTypes = listAdministration(lists.petCoatTypes, {
    one: (petCoatType) => ({ petCoatType }),
    all: (entries) => ({ petCoatTypes: [...entries] }),
  });
  return {
    createPetCode: petCodes.create(newPetCode),
    updatePetCode: petCodes.update(petCodeUpdate, merged),
    reorderPetCodes: petCodes.reorder,
    archivePetCode: petCodes.archive,
    restorePetCode: petCodes.restore,

    createPetSize: petSizes.create(newPetSize),
    updatePetSize: petSizes.update(petSizeInput, changedSize),
    reorderPetSizes: petSizes.reorder,
    archivePetSize: petSizes.archive,
    restorePetSize: petSizes.restore,

    createPetType: petTypes.create(newNamed),
    updatePetType: petTypes.update(namedUpdate, merged),
    reorderPetTypes: petTypes.reorder,
    archivePetType: petTypes.archive,
    restorePetType: petTypes.restore,

    createPetCoatType: petCoatTypes.create(newNamed),
    updatePetCoatType: petCoatTypes.update(namedUpdate, merged),
    reorderPetCoatTypes: petCoatTypes.reorder,
    archivePetCoatType: petCoatTypes.archive,
    restorePetCoatType: petCoatTypes.restore,
  };
}

type SizeUpdate = Omit<ReturnType<typeof petSizeInput>, "companyId" | "id">;

/** A limit, or a part of it, is unchanged unless it is set or cleared. */
function changedSize(size: PetSize, { name, clearWeightLow, clearWeightHigh, ...given }: SizeUpdate): PetSizeContent {
  const weightLow = clearWeightLow ? undefined : changedLimit(size.weightLow, given.weightLow, given.partsOfLow);
  const weightHigh = clearWeightHigh ? undefined : changedLimit(size.weightHigh, given.weightHigh, given.partsOfHigh);
  return { name: name ?? size.name, ...omitUndefined({ weightLow, weightHigh }) };
}

function changedLimit(stored: Weight | undefined, given: Weight | undefined, parts: readonly string[] | undefined) {
  if (!given) return stored;
  if (hasAmount(given, parts)) return keptWeight(given, stored);
  return stored && { ...stored, ...omitUndefined({ unit: given.unit }) };
}
