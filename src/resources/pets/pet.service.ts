import { accessFilterOf, requireCompanyAccess } from "../../core/access.js";
import { requireFound } from "../../core/company-resource.js";
import { invalidRequest, notFoundError, notFoundInCompany, throwIfInvalid, type Violation } from "../../core/errors.js";
import { writtenNotes } from "../../core/note.js";
import type { Page } from "../../core/page.js";
import { numberViolations } from "../../core/phone/judged-phone.js";
import type { Principal, Scope } from "../../core/principal.js";
import { prefixPaths } from "../../core/record-import.js";
import { clearedFields } from "../../core/required-field.js";
import { requireEtag, type WriteContext } from "../../core/write.js";
import type { FieldsUpdate } from "../custom-fields/custom-field.model.js";
import { checkCustomFields } from "../custom-fields/custom-field-check.service.js";
import {
  birthdayViolations,
  maxPetCodes,
  maxPets,
  maxPetsOfCustomer,
  type NewPetUnit,
  type PetEdit,
  type PetFilter,
  type PetOwnerTarget,
  type PetQuery,
  type PetRecord,
  type PetRepository,
  type PetTransaction,
  type RequiredPetField,
  requiredPetFields,
  vetNumber,
} from "./pet.model.js";

/** Identifies a pet. */
export interface PetName {
  /** The id of a customer or a lead. */
  readonly customerId: string;
  readonly id: string;
}

interface OwnerPets extends Pick<PetFilter, "statuses"> {
  readonly customerId: string;
  readonly showArchived: boolean;
  readonly page: Page;
}

export interface NewPet {
  readonly customerId: string;
  readonly pet: PetRecord;
}

/** Absent fields, and absent parts of the veterinarian, are unchanged. */
export interface PetUpdate
  extends PetName,
    Pick<PetEdit, "fields" | "vet" | "weightUnit" | "vaccinations" | "externalIds"> {
  readonly customFields?: FieldsUpdate;
  /** Required fields that the update states without a value. */
  readonly emptied?: readonly RequiredPetField[];
  /** Throws ETAG_MISMATCH unless it equals the current etag. No request has it. */
  readonly etag?: string;
}

export interface PetCodesAppend extends PetName {
  /** As sent. May contain duplicates. */
  readonly petCodeIds: readonly string[];
}

export interface PetCodeName extends PetName {
  readonly petCodeId: string;
}

export interface PetNoteName extends PetName {
  readonly noteId: string;
}

export interface PetNoteUpdate extends PetNoteName {
  readonly content: string;
}

export interface PetNotesAppend extends PetName {
  readonly notes: readonly string[];
}

type LeadScope = Extract<Scope, "lead:read" | "lead:write">;

export type Pets = ReturnType<typeof createPets>;

/**
 * Pets of customers and leads. Changing a pet does not change the version or update time of its customer. A lead
 * contains its pets, so it changes with them.
 */
export function createPets(pets: PetRepository) {
  const ownerOf = (principal: Principal, id: string, scope: LeadScope): PetOwnerTarget => ({
    ...{ accessFilter: accessFilterOf(principal), id },
    leadScope: { scope, isGranted: principal.scopes.has(scope) },
  });
  const targetOf = (principal: Principal, { customerId, id }: PetName, scope: LeadScope) => ({
    owner: ownerOf(principal, customerId, scope),
    id,
  });

  return {
    create({ customerId, pet }: NewPet, principal: Principal, write: WriteContext) {
      return pets.create(ownerOf(principal, customerId, "lead:write"), write, async (unit) => {
        const full = (await unit.countPets()) >= maxPetsOf[unit.owner];
        const missing = new Set(await unit.missingCodes(pet.petCodeIds));
        const access = requireCompanyAccess(principal, unit.companyId);
        const { birthday, customFields: given } = pet;
        const check = { access, association: "PET", write: "create", current: {}, given } as const;
        const { values, violations: ofFields } = await checkCustomFields(unit.customFields, check, write.signal);
        const violations = [
          ...(full ? [tooManyPets(unit)] : []),
          ...missingAt(pet.petCodeIds, missing, (index) => `pet.pet_codes[${index}].id`),
          ...numberViolations([vetNumber("pet.vet", pet.vet)], access),
          ...birthdayViolations("pet.birthday", { birthday, timeZone: access.timeZone }),
          ...prefixPaths("pet", ofFields),
        ];
        if (violations.length > 0) throw invalidRequest(violations);
        return unit.add({ ...pet, customFields: values });
      });
    },

    async update(
      { customerId, id, customFields: given, emptied = [], etag, ...edit }: PetUpdate,
      principal: Principal,
      write: WriteContext,
    ) {
      const changed = await pets.change(targetOf(principal, { customerId, id }, "lead:write"), write, async (unit) => {
        requireEtag(etag, unit.pet, "Pet");
        const access = requireCompanyAccess(principal, unit.pet.companyId);
        const { birthday: stored, customFields: current } = unit.pet;
        const check = given && ({ access, association: "PET", current, ...given } as const);
        const checked = check && (await checkCustomFields(unit.customFields, check, write.signal));
        throwIfInvalid([
          ...clearedFields(emptied, requiredPetFields, unit.pet),
          ...numberViolations([vetNumber("vet", edit.vet, unit.pet.vet)], access),
          ...birthdayViolations("birthday", { birthday: edit.fields?.birthday, stored, timeZone: access.timeZone }),
          ...(checked?.violations ?? []),
        ]);
        const fields = { ...edit.fields, ...(checked ? { customFields: checked.values } : {}) };
        await unit.edit({ ...edit, fields });
        return { kind: "pet", ids: [id] };
      });
      return changed.pet;
    },

    get: (name: PetName, principal: Principal, signal: AbortSignal) =>
      pets.get(targetOf(principal, name, "lead:read"), signal),

    /** Newest first. Returns one row more than the page size if there is a next page. */
    listOfOwner: ({ customerId, page, ...filter }: OwnerPets, principal: Principal, signal: AbortSignal) =>
      pets.listOfOwner({ owner: ownerOf(principal, customerId, "lead:read"), ...filter }, page, signal),

    /** Returns one row more than the page size if there is a next page. */
    async list({ companyId, filter, page }: PetQuery, principal: Principal, signal: AbortSignal) {
      const { businessIds } = requireCompanyAccess(principal, companyId);
      const seen = { ...filter, ...(businessIds ? { businessIds } : {}) };
      return pets.list({ companyId, filter: seen, page }, signal);
    },

    /** Returns the distinct codes of the request that the pet has. A replay may follow a removal. */
    async appendCodes({ petCodeIds, ...name }: PetCodesAppend, principal: Principal, write: WriteContext) {
      const changed = await pets.change(
        targetOf(principal, name, "lead:write"),
        write,
        async ({ pet, missingCodes, edit }) => {
          const carried = pet.petCodes.map((code) => code.id);
          const added = [...new Set(petCodeIds)].filter((id) => !carried.includes(id));
          const missing = new Set(await missingCodes(added));
          const violations = missingAt(petCodeIds, missing, (index) => `pet_code_ids[${index}]`);
          const all = [...carried, ...added];
          if (all.length > maxPetCodes) violations.push(tooManyCodes);
          if (violations.length > 0) throw invalidRequest(violations);
          if (added.length > 0) await edit({ petCodeIds: all });
          return { kind: "pet_code", ids: [...new Set(petCodeIds)] };
        },
      );
      const codes = new Map(changed.pet.petCodes.map((code) => [code.id, code]));
      return changed.resourceIds.flatMap((id) => codes.get(id) ?? []);
    },

    async removeCode({ petCodeId, ...name }: PetCodeName, principal: Principal, write: WriteContext) {
      await pets.change(targetOf(principal, name, "lead:write"), write, async ({ pet, edit }) => {
        const carried = pet.petCodes.map((code) => code.id);
        if (!carried.includes(petCodeId)) throw notFoundError("PetCode", petCodeId);
        await edit({ petCodeIds: carried.filter((id) => id !== petCodeId) });
        return { kind: "pet_code", ids: [petCodeId] };
      });
    },

    /** Returns the added notes in the order given. A replay may follow a deletion. */
    async appendNotes({ notes, ...name }: PetNotesAppend, principal: Principal, write: WriteContext) {
      const target = targetOf(principal, name, "lead:write");
      const changed = await pets.change(target, write, async ({ edit }) => ({
        kind: "pet_note",
        ids: await edit({ notes: notes.map((content) => ({ content })) }),
      }));
      return writtenNotes(changed);
    },

    async updateNote({ noteId, content, ...name }: PetNoteUpdate, principal: Principal, write: WriteContext) {
      const target = targetOf(principal, name, "lead:write");
      const changed = await pets.change(target, write, async (unit) => {
        await assertNote(unit, noteId);
        await unit.edit({ notes: [{ id: noteId, content }] });
        return { kind: "pet_note", ids: [noteId] };
      });
      return requireFound(changed.notes[0], "Note", noteId);
    },

    async removeNote({ noteId, ...name }: PetNoteName, principal: Principal, write: WriteContext) {
      await pets.change(targetOf(principal, name, "lead:write"), write, async (unit) => {
        await assertNote(unit, noteId);
        await unit.edit({ removedNoteId: noteId });
        return { kind: "pet_note", ids: [noteId] };
      });
    },

    /** Newest first. Returns one row more than the page size if there is a next page. */
    listNotes: (name: PetName, page: Page, principal: Principal, signal: AbortSignal) =>
      pets.listNotes(targetOf(principal, name, "lead:read"), page, signal),

    /**
     * The country that determines the format of national phone numbers for pets of the owner. "" if it is ambiguous.
     */
    async countryOf(customerId: string, principal: Principal, signal: AbortSignal) {
      const reaches = [...principal.companies.values()];
      const countries = new Set(reaches.map((access) => access.country));
      const [only = ""] = countries;
      if (countries.size <= 1) return only;
      const [companyId, ...others] = await pets.companiesOf(ownerOf(principal, customerId, "lead:read"), signal);
      // A missing or ambiguous owner is reported when the request is processed.
      return (others.length === 0 && principal.companies.get(companyId ?? "")?.country) || "";
    },
  };
}

async function assertNote(unit: PetTransaction, noteId: string): Promise<void> {
  const [missing] = await unit.missingNotes([noteId]);
  if (missing !== undefined) throw notFoundError("Note", noteId);
}

function missingAt(ids: readonly string[], missing: ReadonlySet<string>, path: (index: number) => string): Violation[] {
  const description = notFoundInCompany;
  return ids.flatMap((id, index) =>
    missing.has(id) ? [{ field: path(index), reason: "NOT_FOUND" as const, description }] : [],
  );
}

const maxPetsOf = { customer: maxPetsOfCustomer, lead: maxPets } as const;

function tooManyPets({ owner }: NewPetUnit): Violation {
  const description = `Must leave the ${owner} with at most ${maxPetsOf[owner]} pets.`;
  return { field: "pet", reason: "TOO_MANY", description };
}

const tooManyCodes: Violation = {
  field: "pet_code_ids",
  reason: "TOO_MANY",
  description: `Must leave the pet with at most ${maxPetCodes} codes.`,
};
