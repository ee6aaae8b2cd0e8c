import { type BatchMode, refusalOf, throwIfAnyRefused } from "../../core/batch.js";
import { withoutDuplicates } from "../../core/batch-duplicates.js";
import { type OpenItem, type Refusals, undecided } from "../../core/batch-items.js";
import { importedProvenance } from "../../core/consent-provenance.js";
import { consentRespectingOptOut } from "../../core/contact-rule.js";
import type { DomainError } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import { toImportedNoteRecords } from "../../core/note.js";
import type { DuplicateView } from "../../core/possible-duplicate.js";
import type { CompanyAccess } from "../../core/principal.js";
import { authorsOf, prefixPaths, timesOf } from "../../core/record-import.js";
import { assertRecordSize, mostBytes } from "../../core/record-size.js";
import type { WriteContext } from "../../core/write.js";
import { type CheckedFields, checkFieldsOfEach } from "../custom-fields/custom-field-check.service.js";
import { referenceError } from "../customers/customer.model.js";
import { toImportedPetRecord } from "../pets/pet-import.model.js";
import type { Tag } from "../setting-lists/tag.model.js";
import { createdTags, type TaggedItem, tagIndex, tagsOf, withinTagLimit } from "../setting-lists/tag-batch.model.js";
import { matchTags } from "../setting-lists/tag-match.model.js";
import { leadReferenceViolations } from "./lead.model.js";
import { completedLead } from "./lead.service.js";
import { importedLeadViolations, missingCodePaths } from "./lead-admin.service.js";
import {
  type BatchedLead,
  type LeadBatchDecision,
  type LeadBatchUnit,
  type LeadItem,
  missingOf,
} from "./lead-batch.model.js";
import { idRefusal, lookupOf, questionsOf } from "./lead-batch-facts.service.js";

interface DecisionContext {
  readonly access: CompanyAccess;
  readonly mode: BatchMode;
  /** Refused before anything was read. */
  readonly early: Refusals;
  readonly mayCreateTags: boolean;
  viewOf(item: LeadItem): DuplicateView;
  readonly write: WriteContext;
}

type Completed = ReturnType<typeof completedLead<LeadItem["lead"]["pets"][number]>>["record"];

/** An item that no rule of a single lead refuses. */
export interface JudgedLead extends OpenItem<LeadItem>, TaggedItem {
  readonly newId: string;
  readonly record: Completed;
}

/**
 * Decides which items of a batch are stored. Items are judged in their order, so that the limit of tags refuses those that
 * come last.
 *
 * @throws the refusal of an item if the batch is stored as a whole or not at all
 */
export async function decideLeads(
  unit: LeadBatchUnit,
  asked: readonly OpenItem<LeadItem>[],
  context: DecisionContext,
): Promise<LeadBatchDecision> {
  const { companyId } = context.access;
  const { open, refused } = undecided(unit, asked, context.early);
  const valid = await judgeEach(unit, open, { ...context, refused });
  const single = await withoutDuplicateLeads(unit, valid, { ...context, refused });
  const admitted = await withinTagLimit(unit, single, { companyId, refused });
  if (context.mode === "ALL_OR_NOTHING") throwIfAnyRefused(refused);
  const created = await createdTags(unit, admitted);
  return { stored: await recordsOf(unit, admitted, created, context), refused };
}

/** The leads without duplicates of other records, as far as the company refuses those. */
export function withoutDuplicateLeads(
  unit: LeadBatchUnit,
  judged: readonly JudgedLead[],
  {
    access: { companyId },
    refused,
    viewOf,
  }: Pick<DecisionContext, "access" | "viewOf"> & Pick<JudgeContext, "refused">,
): Promise<readonly JudgedLead[]> {
  return withoutDuplicates(unit, judged, {
    ...{ kind: "LEAD", companyId, refused },
    contactsOf: ({ item }) => item.lead,
    viewOf: ({ item }) => {
      const view = viewOf(item);
      return !item.isImport && view.refuses && (view.customers || view.leads) ? view : undefined;
    },
  });
}

interface JudgeContext extends Pick<DecisionContext, "access" | "mayCreateTags" | "write"> {
  readonly refused: Map<number, DomainError>;
}

/** The items that no rule of a single lead refuses. */
export async function judgeEach(
  unit: LeadBatchUnit,
  items: readonly OpenItem<LeadItem>[],
  context: JudgeContext,
): Promise<readonly JudgedLead[]> {
  const { access, mayCreateTags: mayCreate, refused } = context;
  if (items.length === 0) return [];
  const facts = await unit.ask(questionsOf(items));
  const fields = await checkedFields(unit, items, context);
  const { lookup, keep, externalIdRefusal } = lookupOf(unit.now, facts);
  const known = tagIndex(facts.tags);
  const valid: JudgedLead[] = [];
  for (const [index, one] of items.entries()) {
    const { item, position } = one;
    const checked = fields[index] ?? { ofLead: noFields, ofPets: [] };
    const { record, violations: faults } = completedLead(item.lead, { access, ...checked });
    const tags = matchTags(item.tags, known.of(item.tags), { carried: [], mayCreate });
    const missingCodes = record.pets.flatMap(({ petCodeIds }) =>
      petCodeIds.filter((id) => !facts.known.pet_code.has(id)),
    );
    const petCodePaths = missingCodePaths(new Set(missingCodes), record.pets);
    const violations = [
      ...(item.isImport ? await importedLeadViolations(lookup, { ...item, notesWithin: "lead." }) : []),
      ...prefixPaths("lead", [
        ...faults,
        ...leadReferenceViolations({ references: missingOf(record, facts), petCodePaths }),
      ]),
    ];
    const references = { missing: [], tags: tags.resolution, references: item.tags, violations, within: "lead" };
    const refusal =
      referenceError(references) ??
      idRefusal(item, facts) ??
      externalIdRefusal(item) ??
      sizeRefusal({ ...record, ...item }, unit.recordBytes);
    if (refusal) refused.set(position, refusal);
    else {
      keep(item);
      const id = item.id ?? newId(idPrefixes.lead);
      const { lifeCycleId = facts.defaultLifeCycleId } = record;
      const staged = { ...record, ...(lifeCycleId === undefined ? {} : { lifeCycleId }) };
      valid.push({ ...one, newId: id, record: staged, found: tags.found, creations: tags.creations });
    }
  }
  return valid;
}

const noFields: CheckedFields = { values: {}, violations: [] };

/** The custom fields of the leads and of their pets, with one read for each of both. */
async function checkedFields(
  unit: LeadBatchUnit,
  items: readonly OpenItem<LeadItem>[],
  { access, write: { signal } }: Pick<DecisionContext, "access" | "write">,
) {
  const toCheck = ({ customFields: given }: Pick<LeadItem["lead"], "customFields">) => ({
    ...({ write: "create", current: {}, given } as const),
  });
  const pets = items.flatMap(({ item }) => item.lead.pets);
  const records = items.map(({ item }) => toCheck(item.lead));
  const leads = await checkFieldsOfEach(unit.customFields, { access, association: "LEAD", records }, signal);
  const petRecords = pets.map(toCheck);
  const ofPets = await checkFieldsOfEach(
    unit.customFields,
    { access, association: "PET", records: petRecords },
    signal,
  );
  let at = 0;
  return items.map(({ item }, index) => {
    const from = at;
    at += item.lead.pets.length;
    return { ofLead: leads[index] ?? noFields, ofPets: ofPets.slice(from, at) };
  });
}

/** Almost no lead is so large that its size must be counted. */
function sizeRefusal(record: object, limit: number): DomainError | undefined {
  return mostBytes(record) > limit ? refusalOf(() => assertRecordSize({ record, limit })) : undefined;
}

export async function recordsOf(
  unit: LeadBatchUnit,
  admitted: readonly JudgedLead[],
  created: ReadonlyMap<string, Tag>,
  { access: { companyId }, write }: Pick<DecisionContext, "access" | "write">,
): Promise<ReadonlyMap<number, BatchedLead>> {
  const optedOut = await unit.optedOut(admitted.map(({ record }) => record));
  const records = new Map<number, BatchedLead>();
  for (const [index, one] of admitted.entries()) {
    const { item, record, newId: id } = one;
    const stamp = { ...timesOf(item, unit.now), ...authorsOf({ ...item, companyId }, write) };
    const { choice: consent, withheld } = consentRespectingOptOut(record.consent, optedOut[index] ?? []);
    const statesConsent = Object.keys(item.lead.consent).length > 0;
    const ofImport = importedProvenance(record.provenance, { statesConsent, createdTime: stamp.createdTime });
    const provenance = item.isImport ? ofImport : record.provenance;
    const ofPets = { companyId, now: unit.now, write };
    records.set(one.position, {
      ...{ ...record, ...stamp, companyId, id, consent, withheld, tags: tagsOf(one, created) },
      ...(provenance ? { provenance } : {}),
      notes: toImportedNoteRecords(item.notes, { time: stamp.createdTime, author: stamp.createdBy }),
      pets: record.pets.map((pet) => ({
        ...toImportedPetRecord(pet, ofPets),
        id: pet.id ?? newId(idPrefixes.pet),
        owner: { kind: "lead" as const, id },
      })),
    });
  }
  return records;
}
