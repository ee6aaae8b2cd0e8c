import type { OnMatch } from "../../core/upsert.js";
import {
  addedExternalIds,
  emptyColumns,
  phonesUpdateOf,
  statedColumns,
  statedParts,
} from "../../core/upsert-change.js";
import type { Lead } from "./lead.model.js";
import type { LeadUpdate } from "./lead-update.service.js";
import type { LeadUpsertItem } from "./lead-upsert.model.js";

/**
 * What an upsert changes of the lead that it found: the fields that it states, and external ids that the lead does not
 * have. Notes and pets would be added again by every upsert.
 */
export function updateOf(upsert: LeadUpsertItem, lead: Lead, onMatch: OnMatch): LeadUpdate {
  const given = upsert.item.lead.externalIds;
  const externalIds = addedExternalIds({ own: lead.externalIds, given, noun: "lead", path: "lead.external_ids" });
  const stated = statedUpdate(upsert);
  return { ...(onMatch === "FILL_EMPTY" ? fillingUpdate(stated, lead) : stated), id: lead.id, externalIds };
}

type StatedUpdate = Omit<LeadUpdate, "id" | "companyId" | "etag" | "externalIds">;

function statedUpdate({ item, consent, statesPhones, statesEmail }: LeadUpsertItem): StatedUpdate {
  const { lead, tags } = item;
  const { firstName, lastName, avatar, email, source, preferredBusinessId, allocateStaffId } = lead;
  const { lifeCycleId, actionStatusId, referralSourceId, provenance, address, customFields } = lead;
  const references = { preferredBusinessId, allocateStaffId, lifeCycleId, actionStatusId, referralSourceId };
  const texts = { firstName, lastName, avatar, source, email: statesEmail ? email : "" };
  const statesConsent = consent !== undefined && Object.keys(consent).length > 0;
  return {
    columns: statedColumns({ ...texts, ...references }),
    ...(statesPhones ? { phones: phonesUpdateOf(lead.phones) } : {}),
    ...(address ? { address: { parts: statedParts(address) } } : {}),
    ...(statesConsent ? { consent } : {}),
    ...(statesConsent && provenance ? { provenance } : {}),
    ...(tags.length > 0 ? { tags } : {}),
    ...(Object.keys(customFields).length > 0 ? { customFields: { write: "merge" as const, given: customFields } } : {}),
  };
}

/** Only what the lead does not have. Permissions to contact are never empty. */
function fillingUpdate({ columns, phones, address, tags, customFields }: StatedUpdate, lead: Lead): StatedUpdate {
  const values = Object.entries(customFields?.given ?? {});
  const given = Object.fromEntries(values.filter(([code]) => !Object.hasOwn(lead.customFields, code)));
  return {
    columns: emptyColumns(columns, lead),
    ...(phones && lead.phones.length === 0 ? { phones } : {}),
    ...(address && !lead.address ? { address } : {}),
    ...(tags && lead.tags.length === 0 ? { tags } : {}),
    ...(Object.keys(given).length > 0 ? { customFields: { write: "merge", given } } : {}),
  };
}
