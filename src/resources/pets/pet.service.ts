import { reachOf } from "../../core/access.js";
import { invalidRequest, notFound, type Violation } from "../../core/errors.js";
import type { Page } from "../../core/page.js";
import { type Caller, visibilityOf } from "../../core/principal.js";
import type { Write } from "../../core/write.js";
import {
  type DatedPetNote,
  maxPetCodes,
  maxPetsOfCustomer,
  type Pet,
  type PetCode,
  type PetNote,
  type PetRecord,
  type TraitChanges,
} from "./pet.model.js";
import type { PetQuery, PetRepository } from "./pet-store.model.js";

/** A pet as a call names it. */
export interface PetName {
  readonly customerId: string;
  readonly id: string;
}

export interface NewPet {
  readonly customerId: string;
  readonly pet: PetRecord;
}

export interface PetUpdate extends PetName {
  readonly traits: TraitChanges;
}

export interface PetCodesAppend extends PetName {
  /** As sent: the same id can stand there twice. */
  readonly petCodeIds: readonly string[];
}

export interface PetCodeName extends PetName {
  readonly petCodeId: string;
}

export interface PetNotesAppend extends PetName {
  readonly notes: readonly string[];
}

/** Pets of customers. Changing one never moves the version or the time of its customer. */
export interface Pets {
  create(input: NewPet, caller: Caller, write: Write): Promise<Pet>;
  update(input: PetUpdate, caller: Caller, write: Write): Promise<Pet>;
  get(name: PetName, caller: Caller, signal: AbortSignal): Promise<Pet>;
  listOfCustomer(customerId: string, caller: Caller, signal: AbortSignal): Promise<readonly Pet[]>;
  /** One row more than the page's size tells that there is a next page. */
  list(query: PetQuery, caller: Caller, signal: AbortSignal): Promise<readonly Pet[]>;
  /** The codes that the call named, each once, as far as the pet carries them: a replay may come after a removal. */
  appendCodes(input: PetCodesAppend, caller: Caller, write: Write): Promise<readonly PetCode[]>;
  removeCode(input: PetCodeName, caller: Caller, write: Write): Promise<void>;
  /** The notes that were added, in the order given. */
  appendNotes(input: PetNotesAppend, caller: Caller, write: Write): Promise<readonly PetNote[]>;
  /** Newest first; one row more than the page's size tells that there is a next page. */
  listNotes(name: PetName, page: Page, caller: Caller, signal: AbortSignal): Promise<readonly DatedPetNote[]>;
  /** The country in which a national phone number of the customer's pet is read; "" when none can be told. */
  countryOf(customerId: string, caller: Caller, signal: AbortSignal): Promise<string>;
}

/** The rules of pets of customers. */
export function createPets(pets: PetRepository): Pets {
  const customerOf = (caller: Caller, id: string) => ({ visibility: visibilityOf(caller), id });
  const targetOf = (caller: Caller, { customerId, id }: PetName) => ({ customer: customerOf(caller, customerId), id });

  return {
    create({ customerId, pet }, caller, write) {
      return pets.create(customerOf(caller, customerId), write, async (unit) => {
        const full = (await unit.countPets()) >= maxPetsOfCustomer;
        const missing = new Set(await unit.missingCodes(pet.petCodeIds));
        const violations = [
          ...(full ? [tooManyPets] : []),
          ...missingAt(pet.petCodeIds, missing, (index) => `pet.pet_codes[${index}].id`),
        ];
        if (violations.length > 0) throw invalidRequest(violations);
        return unit.add(pet);
      });
    },

    async update({ traits, ...name }, caller, write) {
      const changed = await pets.change(targetOf(caller, name), write, async (unit) => {
        await unit.edit({ traits });
        return [name.id];
      });
      return changed.pet;
    },

    get: (name, caller, signal) => pets.get(targetOf(caller, name), signal),

    listOfCustomer: (customerId, caller, signal) => pets.listOfCustomer(customerOf(caller, customerId), signal),

    async list({ companyId, filter, page }, caller, signal) {
      const { businessIds } = reachOf(caller, companyId);
      const seen = { ...filter, ...(businessIds ? { businessIds } : {}) };
      return pets.list({ companyId, filter: seen, page }, signal);
    },

    async appendCodes({ petCodeIds, ...name }, caller, write) {
      const changed = await pets.change(targetOf(caller, name), write, async ({ pet, missingCodes, edit }) => {
        const carried = pet.petCodes.map((code) => code.id);
        const added = [...new Set(petCodeIds)].filter((id) => !carried.includes(id));
        const missing = new Set(await missingCodes(added));
        const violations = missingAt(petCodeIds, missing, (index) => `pet_code_ids[${index}]`);
        const all = [...carried, ...added];
        if (all.length > maxPetCodes) violations.push(tooManyCodes);
        if (violations.length > 0) throw invalidRequest(violations);
        if (added.length > 0) await edit({ traits: {}, petCodeIds: all });
        return [...new Set(petCodeIds)];
      });
      const codes = new Map(changed.pet.petCodes.map((code) => [code.id, code]));
      return changed.resourceIds.flatMap((id) => codes.get(id) ?? []);
    },

    async removeCode({ petCodeId, ...name }, caller, write) {
      await pets.change(targetOf(caller, name), write, async ({ pet, edit }) => {
        const carried = pet.petCodes.map((code) => code.id);
        if (!carried.includes(petCodeId)) throw notFound("PetCode", petCodeId);
        await edit({ traits: {}, petCodeIds: carried.filter((id) => id !== petCodeId) });
        return [petCodeId];
      });
    },

    async appendNotes({ notes, ...name }, caller, write) {
      const target = targetOf(caller, name);
      const changed = await pets.change(target, write, ({ edit }) =>
        edit({ traits: {}, notes: notes.map((content) => ({ content })) }),
      );
      return changed.notes;
    },

    listNotes: (name, page, caller, signal) => pets.listNotes(targetOf(caller, name), page, signal),

    async countryOf(customerId, caller, signal) {
      const reaches = [...caller.companies.values()];
      const countries = new Set(reaches.map((reach) => reach.country));
      const [only = ""] = countries;
      if (countries.size <= 1) return only;
      const [companyId, ...others] = await pets.companiesOf(customerOf(caller, customerId), signal);
      // Who names no single customer is told so once the request has been checked.
      return (others.length === 0 && caller.companies.get(companyId ?? "")?.country) || "";
    },
  };
}

function missingAt(ids: readonly string[], missing: ReadonlySet<string>, path: (index: number) => string): Violation[] {
  const description = "Does not exist in the company.";
  return ids.flatMap((id, index) =>
    missing.has(id) ? [{ field: path(index), reason: "NOT_FOUND" as const, description }] : [],
  );
}

const tooManyPets: Violation = {
  field: "pet",
  reason: "TOO_MANY",
  description: `A customer has at most ${maxPetsOfCustomer} pets.`,
};

const tooManyCodes: Violation = {
  field: "pet_code_ids",
  reason: "TOO_MANY",
  description: `A pet carries at most ${maxPetCodes} codes.`,
};
