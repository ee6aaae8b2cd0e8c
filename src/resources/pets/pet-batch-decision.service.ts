import { type BatchMode, refusalOf, throwIfAnyRefused } from "../../core/batch.js";
import { type OpenItem, type Refusals, undecided } from "../../core/batch-items.js";
import { alreadyExistsError, type DomainError, erasedError, invalidRequest, mergedError } from "../../core/errors.js";
import { externalIdKey, externalIdTaken } from "../../core/external-id.js";
import { idPrefixes, newId } from "../../core/ids.js";
import type { CompanyAccess } from "../../core/principal.js";
import { assertRecordSize, mostBytes, recordBytes } from "../../core/record-size.js";
import type { WriteContext } from "../../core/write.js";
import { type CheckedFields, checkFieldsOfEach } from "../custom-fields/custom-field-check.service.js";
import {
  type BatchedPet,
  type BatchOwner,
  keyOfOwner,
  type OwnersOfBatch,
  type PetBatchDecision,
  type PetBatchUnit,
  type PetFacts,
  type PetItem,
  type PetQuestions,
} from "./pet-batch.model.js";
import { type PetLookups, type PetOwner, toImportedPetRecord } from "./pet-import.model.js";
import { petViolations } from "./pet-import.service.js";

interface DecisionContext {
  readonly access: CompanyAccess;
  readonly mode: BatchMode;
  /** Refused before anything was read. */
  readonly early: Refusals;
  readonly write: WriteContext;
}

/**
 * Decides which items of a batch are stored. Items are judged in their order, so that the limits of an owner refuse those
 * that come last.
 *
 * @throws the refusal of an item if the batch is stored as a whole or not at all
 */
export async function decidePets(
  unit: PetBatchUnit,
  asked: readonly OpenItem<PetItem>[],
  { access, mode, early, write }: DecisionContext,
): Promise<PetBatchDecision> {
  const { open, refused } = undecided(unit, asked, early);
  const stored = new Map<number, BatchedPet>();
  if (open.length > 0) {
    const owners = await unit.lockOwners(open.map(({ item }) => item.owner));
    const facts = await unit.ask(questionsOf(open));
    const checks = open.map(({ item }) => ({ write: "create", current: {}, given: item.pet.customFields }) as const);
    const ofEach = { access, association: "PET", records: checks } as const;
    const fields = await checkFieldsOfEach(unit.customFields, ofEach, write.signal);
    const { judge } = createJudge(unit, { access, owners, facts, write });
    for (const [index, { position, item }] of open.entries()) {
      const judged = await judge(item, fields[index] ?? noFields);
      if ("refusal" in judged) refused.set(position, judged.refusal);
      else stored.set(position, judged.stored);
    }
  }
  if (mode === "ALL_OR_NOTHING") throwIfAnyRefused(refused);
  return { stored, refused };
}

const noFields: CheckedFields = { values: {}, violations: [] };

/** What the items refer to, each once. */
export function questionsOf(open: readonly OpenItem<PetItem>[]): PetQuestions {
  const pets = open.map(({ item }) => item.pet);
  const notes = pets.flatMap((pet) => pet.notes);
  return {
    petIds: each(open.map(({ item }) => item.id)),
    codeIds: each(pets.flatMap(({ petCodeIds }) => petCodeIds)),
    noteIds: each(notes.map(({ id }) => id)),
    authorIds: each([
      ...pets.flatMap(({ createdBy, lastUpdatedBy }) => [createdBy, lastUpdatedBy]),
      ...notes.map(({ lastUpdatedBy }) => lastUpdatedBy),
    ]),
    externalIds: pets.flatMap(({ externalIds }) => externalIds),
  };
}

function each(ids: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(ids.flatMap((id) => id ?? []))];
}

interface Judging {
  readonly access: CompanyAccess;
  readonly owners: OwnersOfBatch;
  readonly facts: PetFacts;
  readonly write: WriteContext;
}

type Judged = { readonly stored: BatchedPet } | { readonly refusal: DomainError };

/** Judges one item after the other, each with what those before it have added to their owners. */
export function createJudge(unit: PetBatchUnit, { access, owners, facts, write }: Judging) {
  const { companyId } = access;
  const current = new Map(owners.found);
  const noteIds = new Set(facts.takenNoteIds);
  const externalIds = new Set(facts.takenExternalIds.keys());
  const lookupsFor = (owner: BatchOwner | undefined): PetLookups => ({
    now: unit.now,
    hasOwner: owner !== undefined,
    countPets: async () => owner?.pets ?? 0,
    missingCodes: async (ids) => ids.filter((id) => !facts.codes.has(id)),
    missingStaff: async (ids) => new Set(ids.filter((id) => facts.strangers.has(id))),
    taken: async (_, ids) => new Set(ids.filter((id) => noteIds.has(id))),
  });
  /** The refusal of a change that lets a lead grow too large with its pets. */
  const refuseGrowth = (named: PetOwner, pet: object, growth: number): DomainError | undefined => {
    const owner = current.get(keyOfOwner(named));
    if (owner?.bytes === undefined) return undefined;
    const bytes = owner.bytes + growth;
    const sizes = { record: { pet }, bytes, storedBytes: owner.bytes, limit: unit.recordBytes };
    const refusal = refusalOf(() => assertRecordSize(sizes));
    if (!refusal) current.set(keyOfOwner(named), { ...owner, bytes });
    return refusal;
  };
  const judge = async ({ owner: named, pet, id: given }: PetItem, fields: CheckedFields): Promise<Judged> => {
    const owner = current.get(keyOfOwner(named));
    const survivor = owner || named.kind === "lead" ? undefined : owners.merged.get(named.id);
    if (survivor !== undefined) return { refusal: mergedError("Customer", named.id, survivor) };
    const checked = { pet, owner: named, access, ofFields: fields.violations };
    const violations = await petViolations(lookupsFor(owner), checked);
    if (violations.length > 0 || !owner) return { refusal: invalidRequest(violations) };
    const idRefused = idRefusal(given, facts);
    if (idRefused) return { refusal: idRefused };
    const external = pet.externalIds.map(externalIdKey);
    if (external.some((key) => externalIds.has(key))) return { refusal: externalIdTaken("Pet") };
    const imported = { ...pet, customFields: fields.values };
    const record = toImportedPetRecord(imported, { companyId, now: unit.now, write });
    // As the pet is read, with its codes.
    const sized = { ...record, petCodeIds: record.petCodeIds.flatMap((id) => facts.codes.get(id) ?? []) };
    const sizeRefused = sizeRefusal(sized, owner, unit.recordBytes);
    if (sizeRefused) return { refusal: sizeRefused };
    for (const key of external) externalIds.add(key);
    for (const { id } of pet.notes) if (id !== undefined) noteIds.add(id);
    current.set(keyOfOwner(named), withPet(owner, sized));
    return { stored: { ...record, id: given ?? newId(idPrefixes.pet), owner: named } };
  };
  return { judge, refuseGrowth };
}

function idRefusal(id: string | undefined, { takenIds, erasedIds }: PetFacts): DomainError | undefined {
  if (id === undefined) return undefined;
  if (takenIds.has(id)) return alreadyExistsError("Pet", "id");
  return erasedIds.has(id) ? erasedError("Pet", id) : undefined;
}

/** Almost no pet is so large that its size must be counted, and only a lead contains its pets. */
function sizeRefusal(pet: object, { bytes: ownerBytes = 0 }: BatchOwner, limit: number) {
  if (ownerBytes + mostBytes(pet) <= limit) return undefined;
  const bytes = ownerBytes + recordBytes(pet);
  return refusalOf(() => assertRecordSize({ record: { pet }, bytes, storedBytes: ownerBytes, limit }));
}

function withPet({ pets, bytes, ...owner }: BatchOwner, pet: object): BatchOwner {
  return { ...owner, pets: pets + 1, ...(bytes === undefined ? {} : { bytes: bytes + recordBytes(pet) }) };
}
