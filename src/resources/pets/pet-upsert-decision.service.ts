import { type BatchMode, isRefused, orRefusal, refusalOf, throwIfAnyRefused } from "../../core/batch.js";
import { type OpenItem, type Refusals, undecided } from "../../core/batch-items.js";
import { archivedError, type DomainError, invalidRequest } from "../../core/errors.js";
import { numberViolations } from "../../core/phone/judged-phone.js";
import type { CompanyAccess } from "../../core/principal.js";
import { prefixPaths } from "../../core/record-import.js";
import { absentMatch, ambiguousMatch, hiddenMatch, leftRecords, type OnMatch } from "../../core/upsert.js";
import { refuseTakenIds } from "../../core/upsert-change.js";
import { contactValues, matchEach } from "../../core/upsert-items.js";
import type { WriteContext } from "../../core/write.js";
import { type CheckedFields, checkFieldsOfEach } from "../custom-fields/custom-field-check.service.js";
import { birthdayViolations, type PetCode, vetNumber } from "./pet.model.js";
import { type BatchedPet, keyOfOwner, type PetFacts, type PetItem } from "./pet-batch.model.js";
import { createJudge, questionsOf } from "./pet-batch-decision.service.js";
import { leadScopeRequired } from "./pet-import.model.js";
import { codeViolations } from "./pet-import.service.js";
import type {
  AskedEdit,
  FoundPet,
  FoundPets,
  PetUpsertDecision,
  PetUpsertItem,
  PetUpsertUnit,
  PlannedPet,
} from "./pet-upsert.model.js";
import { editOf, type PetUpsertEdit } from "./pet-upsert-change.service.js";

/** An item that is still to be decided, with the pet that it creates. */
export interface AskedUpsert extends OpenItem<PetItem> {
  readonly upsert: PetUpsertItem;
}

interface UpsertContext {
  readonly access: CompanyAccess;
  readonly mode: BatchMode;
  readonly onMatch: OnMatch;
  /** Refused before, by position. */
  readonly early: Refusals;
  /** Whether the API key may choose the id of a pet that is created. */
  readonly mayKeepIds: boolean;
  /** Whether the API key may change pets of leads. */
  readonly mayChangeLeads: boolean;
  readonly write: WriteContext;
}

interface Found extends AskedUpsert {
  readonly record: FoundPet;
}

/**
 * Decides which items of a batch create a pet, and which change one. Edits that make a pet smaller are judged first, then
 * creates, then other edits, each in their order: the limits of an owner refuse those that come last.
 *
 * @throws the refusal of an item if the batch is stored as a whole or not at all
 */
export async function decideUpserts<Plan extends PlannedPet>(
  unit: PetUpsertUnit<Plan>,
  asked: readonly AskedUpsert[],
  context: UpsertContext,
): Promise<PetUpsertDecision<Plan>> {
  const { access, mode, onMatch, early, mayKeepIds, write } = context;
  const { open, refused } = undecided(unit, asked, early);
  const found = await unit.find(
    open.map(({ position, upsert, item: { owner } }) => ({ position, owner, ...upsert.keys })),
  );
  const { matched, unmatched } = matchEach(open, found, {
    ...{ noun: "pet", refused },
    refuseFound: (pets, one) => foundRefusal(pets, found, one, context),
    refuseAbsent: ({ upsert: { keys } }) => absentMatch({ resource: "Pet", keys, mayKeepIds }),
    namesOf: ({ item: { pet } }) => contactValues({ phones: [], email: "", externalIds: pet.externalIds }),
  });
  const changing = onMatch === "SKIP" ? [] : matched;
  const judging = [...unmatched, ...changing];
  const facts = judging.length === 0 ? undefined : await unit.ask(questionsOf(judging));
  const created = new Map<number, BatchedPet>();
  const plans: { readonly position: number; readonly plan: Plan }[] = [];
  if (facts) {
    const { judge, refuseGrowth } = createJudge(unit, { access, owners: found.owners, facts, write });
    const edits: { readonly position: number; readonly edit: AskedEdit; readonly plan: Plan }[] = [];
    for (const [position, edit] of await editEach(unit, changing, { ...context, facts, refused })) {
      const plan = unit.plan(edit);
      if ("refusal" in plan) refused.set(position, plan.refusal);
      else edits.push({ position, edit, plan });
    }
    const take = (isTaken: (growth: number) => boolean) => {
      for (const { position, edit, plan } of edits) {
        if (!isTaken(plan.growth)) continue;
        const refusal = refuseGrowth(edit.found.owner, edit.found.pet, plan.growth);
        if (refusal) refused.set(position, refusal);
        else plans.push({ position, plan });
      }
    };
    // What becomes smaller makes room in its lead for what is added, wherever it is in the request.
    take((growth) => growth <= 0);
    const fields = await checkedFields(
      unit,
      unmatched.map(({ item }) => createdFields(item)),
      context,
    );
    for (const [index, { position, item }] of unmatched.entries()) {
      const judged = await judge(item, fields[index] ?? noFields);
      if ("refusal" in judged) refused.set(position, judged.refusal);
      else created.set(position, judged.stored);
    }
    take((growth) => growth > 0);
  }
  if (mode === "ALL_OR_NOTHING") throwIfAnyRefused(refused);
  const changed = plans.filter(({ plan }) => !plan.isEmpty);
  return {
    created,
    changed: new Map(changed.map(({ position, plan }) => [position, plan])),
    left: leftRecords(onMatch === "SKIP" ? matched : [], plans),
    refused,
  };
}

const noFields: CheckedFields = { values: {}, violations: [] };

function createdFields({ pet }: PetItem) {
  return { write: "create", current: {}, given: pet.customFields } as const;
}

type FieldRecords = Parameters<typeof checkFieldsOfEach>[1]["records"];

function checkedFields(unit: PetUpsertUnit, records: FieldRecords, { access, write }: UpsertContext) {
  return checkFieldsOfEach(unit.customFields, { access, association: "PET", records }, write.signal);
}

/** Pets whose owners the principal cannot access are found only by an id, and never named. */
function foundRefusal(
  pets: readonly FoundPet[],
  { owners }: FoundPets,
  { upsert: { keys } }: AskedUpsert,
  { onMatch, mayKeepIds, mayChangeLeads }: UpsertContext,
): DomainError | undefined {
  if (pets.some(({ isSeen }) => !isSeen)) return hiddenMatch({ resource: "Pet", keys, mayKeepIds });
  const [found, ...others] = pets;
  const ids = pets.map(({ id }) => id);
  if (others.length > 0) return ambiguousMatch("Pet", ids);
  if (!found) return undefined;
  const { owner, pet } = found;
  if (owner.kind === "lead" && !mayChangeLeads) return leadScopeRequired("lead:write");
  const isInUse = owners.found.has(keyOfOwner(owner));
  if (owner.kind === "lead" && !isInUse) return archivedError("Lead", owner.id);
  if (onMatch === "SKIP") return undefined;
  if (!isInUse) return archivedError("Customer", owner.id);
  return pet.archived ? archivedError("Pet", pet.id) : undefined;
}

interface Editing extends UpsertContext {
  readonly facts: PetFacts;
  readonly refused: Map<number, DomainError>;
}

/** The edits of the pets that were found, by position. */
async function editEach(
  unit: PetUpsertUnit,
  found: readonly Found[],
  context: Editing,
): Promise<ReadonlyMap<number, AskedEdit>> {
  const drafts: (Found & { readonly draft: PetUpsertEdit })[] = [];
  for (const one of found) {
    const { position, upsert, record } = one;
    const draft = await orRefusal(() => editOf(upsert, record.pet, context.onMatch));
    if (isRefused(draft)) context.refused.set(position, draft.refusal);
    else drafts.push({ ...one, draft });
  }
  const records = drafts.map(
    ({ draft, record }) => ({ write: "merge", current: record.pet.customFields, given: draft.given }) as const,
  );
  const fields = await checkedFields(unit, records, context);
  const edits = new Map<number, AskedEdit>();
  for (const [index, { position, upsert, record, draft }] of drafts.entries()) {
    const checked = fields[index] ?? noFields;
    const owned = { resource: "Pet", id: record.id, owners: context.facts.takenExternalIds };
    const violations = await editViolations(record, draft, checked, context);
    const refusal =
      violations.length > 0
        ? invalidRequest(violations)
        : refusalOf(() => refuseTakenIds(upsert.item.pet.externalIds, owned));
    if (refusal) context.refused.set(position, refusal);
    else {
      const codes = codesAfter(record, draft, context.facts);
      edits.set(position, { found: record, edit: completed(draft, checked), codes });
    }
  }
  return edits;
}

function codesAfter({ pet }: FoundPet, { petCodeIds }: PetUpsertEdit, facts: PetFacts): readonly PetCode[] {
  if (!petCodeIds) return pet.petCodes;
  const own = new Map(pet.petCodes.map((code) => [code.id, code]));
  return petCodeIds.flatMap((id) => own.get(id) ?? facts.codes.get(id) ?? []);
}

function completed({ given, ...edit }: PetUpsertEdit, { values }: CheckedFields) {
  return Object.keys(given).length === 0 ? edit : { ...edit, fields: { ...edit.fields, customFields: values } };
}

/** What is wrong with an edit. Codes of the pet may have been archived in the meantime. */
async function editViolations(
  { pet }: FoundPet,
  { fields, vet, petCodeIds = [] }: PetUpsertEdit,
  checked: CheckedFields,
  { access, facts }: Editing,
) {
  const carried = new Set(pet.petCodes.map(({ id }) => id));
  const lookups = {
    missingCodes: async (ids: readonly string[]) => ids.filter((id) => !carried.has(id) && !facts.codes.has(id)),
  };
  const birth = { birthday: fields?.birthday, stored: pet.birthday, timeZone: access.timeZone };
  return [
    ...(await codeViolations(lookups, petCodeIds)),
    ...numberViolations([vetNumber("pet.vet", vet, pet.vet)], access),
    ...birthdayViolations("pet.birthday", birth),
    ...prefixPaths("pet", checked.violations),
  ];
}
