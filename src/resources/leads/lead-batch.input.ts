import { z } from "zod";
import { itemKey } from "../../api/batch-fields.js";
import { type CreatedBatch, type ItemPlace, readBatch } from "../../api/batch-items.js";
import { importedConsentProvenance } from "../../api/consent-message.js";
import { memoizePerCountry } from "../../api/fields.js";
import {
  importAuthors,
  importedActors,
  importedId,
  importedTimes,
  importTimes,
  mismatchViolations,
} from "../../api/import-fields.js";
import { importedNotes, newNotes } from "../../api/note-fields.js";
import { requiredViolations, tryParse } from "../../api/parse.js";
import type { Context, Parse } from "../../api/rpc.js";
import { invalidRequest } from "../../core/errors.js";
import {
  type BatchCreateLeadsRequest,
  type LeadBatchItem,
  LeadBatchItemSchema,
} from "../../gen/proto/moego/admin/v1/lead_batch_service_pb.js";
import type { Pet } from "../../gen/proto/moego/business/customer/v1/pet_pb.js";
import { petOfNewLead } from "../pets/pet.input.js";
import { importedPet } from "../pets/pet-import.input.js";
import { leadCreation, newLeadOf, singleConsentRule } from "./lead.input.js";
import type { NewLead } from "./lead.service.js";
import type { LeadItem } from "./lead-batch.model.js";

const ownFields = {
  id: importedId,
  ...importTimes,
  ...importAuthors,
  allowDuplicate: z.boolean(),
  idempotencyKey: itemKey,
};

/** An item that could also be the request of CreateLead. */
const createdItem = memoizePerCountry((country) => {
  const { lead: optional, ...beside } = leadCreation(country, { pet: petOfNewLead(country), notes: newNotes });
  return z
    .object({ ...ownFields, ...beside, lead: optional.unwrap() })
    .refine(...singleConsentRule)
    .transform(({ lead, ...others }): LeadItem => toCreatedItem(newLeadOf(lead, others), others));
});

/** A lead with what an item has beside it. */
export function toCreatedItem(
  { notes, tags, pets, ...lead }: NewLeadOfItem,
  { allowDuplicate }: Pick<LeadItem, "allowDuplicate">,
): LeadItem {
  const texts = (all: readonly string[]) => all.map((text) => ({ text }));
  return {
    lead: { ...lead, pets: pets.map((pet) => ({ ...pet, notes: texts(pet.notes) })) },
    ...{ notes: texts(notes), tags, allowDuplicate, isImport: false },
  };
}

type NewLeadOfItem = Omit<NewLead, "allowDuplicate">;

/** An item that could also be the request of ImportLead. */
const importedItem = memoizePerCountry((country) => importedItemOf(country));

/** An item of a file of another system, which may not know the name and the contact data. */
const sparseItem = memoizePerCountry((country) => importedItemOf(country, { reachable: false, nameless: true }));

function importedItemOf(country: string, demands: { readonly reachable?: boolean; readonly nameless?: boolean } = {}) {
  const { lead: optional, ...beside } = leadCreation(country, {
    ...{ pet: importedPet(country, { breed: false }), notes: importedNotes, ...demands },
  });
  return z
    .object({ ...ownFields, ...beside, lead: optional.unwrap(), consentProvenance: importedConsentProvenance })
    .refine(...singleConsentRule)
    .transform(
      ({
        idempotencyKey: _,
        id: stated,
        lead: given,
        allowDuplicate,
        complianceConfig,
        consentProvenance,
        ...facts
      }) => {
        const { notes, tags, ...lead } = newLeadOf(given, { complianceConfig, consentProvenance });
        const item: LeadItem = {
          ...{ lead, notes, tags, allowDuplicate, isImport: true },
          ...{ ...importedTimes(facts), ...importedActors(facts) },
          ...(stated === undefined ? {} : { id: stated }),
        };
        return item;
      },
    );
}

/** Input of BatchCreateLeads. */
export function newLeadBatch(
  request: BatchCreateLeadsRequest,
  context: Context,
  parse: Parse,
): Promise<CreatedBatch<LeadItem>> {
  return readBatch(
    request,
    { context, parse },
    {
      schema: LeadBatchItemSchema,
      read: (message, place) => readItem(message, place),
    },
  );
}

/** Input of `moego import`: all items are imports, and their names and contact data may be unknown. */
export function sparseLeadBatch(
  request: BatchCreateLeadsRequest,
  context: Context,
  parse: Parse,
): Promise<CreatedBatch<LeadItem>> {
  const read = (message: LeadBatchItem, place: ItemPlace) => readItem(message, place, sparseItem);
  return readBatch(request, { context, parse }, { schema: LeadBatchItemSchema, read });
}

function readItem(message: LeadBatchItem, { companyId, country }: ItemPlace, ofImport = importedItem) {
  const { lead, id: stated } = message;
  const violations = [
    ...mismatchViolations("lead.company_id", companyId, lead?.companyId),
    ...mismatchViolations("lead.id", stated, lead?.id),
  ];
  if (!lead) return { refusal: invalidRequest([...violations, ...requiredViolations(LeadBatchItemSchema, message)]) };
  const isImport = hasImportedParts(message);
  // The id of the item is used. A lead that the server is to name must not have one.
  const given = { ...message, lead: { ...lead, companyId, id: stated === "" ? lead.id : "" } };
  return tryParse(LeadBatchItemSchema, given, (isImport ? ofImport : createdItem)(country), violations);
}

/** Whether the item has what only an import can have. */
function hasImportedParts(item: LeadBatchItem): boolean {
  const { id: stated, createdTime, createdBy, lastUpdatedTime, lastUpdatedBy, lead, consentProvenance } = item;
  return (
    [stated, createdBy, lastUpdatedBy, consentProvenance?.recordedBy ?? ""].some((text) => text !== "") ||
    [createdTime, lastUpdatedTime, consentProvenance?.givenTime].some(Boolean) ||
    (lead?.notes ?? []).some(isImportedNote) ||
    (lead?.pets ?? []).some(isImportedPet)
  );
}

function isImportedPet({ id: stated, createdBy, createdTime, lastUpdatedBy, lastUpdatedTime, notes }: Pet): boolean {
  return (
    [stated, createdBy, lastUpdatedBy].some((text) => text !== "") ||
    [createdTime, lastUpdatedTime].some(Boolean) ||
    notes.some(isImportedNote)
  );
}

interface AnyNote {
  readonly id: string;
  readonly lastUpdatedBy: string;
  readonly lastUpdatedTime?: unknown;
}

function isImportedNote({ id: stated, lastUpdatedBy, lastUpdatedTime }: AnyNote): boolean {
  return stated !== "" || lastUpdatedBy !== "" || lastUpdatedTime !== undefined;
}
