import type { RecordTarget } from "../../core/access.js";
import type { Listed } from "../../core/departure.js";
import { enumeration, extendedEnumeration, type WordOf } from "../../core/enumeration.js";
import { type Violation, violation } from "../../core/errors.js";
import type { ExternalId } from "../../core/external-id.js";
import type { Page, TimeRange } from "../../core/page.js";
import type { Scope } from "../../core/principal.js";
import { localDate } from "../../core/time-zones.js";
import type { FieldChange, WriteContext, WriteResult } from "../../core/write.js";
import type { CustomFieldRepository, FieldValues } from "../custom-fields/custom-field.model.js";

export const petTypes = enumeration(
  "OTHER",
  "DOG",
  "CAT",
  "BIRD",
  "RABBIT",
  "GUINEA_PIG",
  "HORSE",
  "HAMSTER",
  "RAT",
  "MOUSE",
  "CHINCHILLA",
);
export const petStatuses = extendedEnumeration(["ALIVE", "PASSED_AWAY"], ["INACTIVE"]);
export const petGenders = enumeration("MALE", "FEMALE", "UNKNOWN");
export const evaluationStatuses = enumeration("PASS", "FAIL");
export const weightUnits = enumeration("KILOGRAM", "POUND");

export type PetType = WordOf<typeof petTypes>;
export type PetStatus = WordOf<typeof petStatuses>;
export type PetGender = WordOf<typeof petGenders>;
export type EvaluationStatus = WordOf<typeof evaluationStatuses>;

export interface Weight {
  /** Rounded to whole units. */
  readonly value: number;
  /** Absent in a request without one. It is then the unit of the stored weight, otherwise kilograms. */
  readonly unit?: WordOf<typeof weightUnits>;
  /** The same as a decimal number. Absent if only the rounded value is known. */
  readonly exact?: string;
}

/** The rounded value of a decimal number. */
export function roundedWeight(exact: string): number {
  return Math.round(Number(exact));
}

/** A decimal number from the database, unless a version of the service that does not know it wrote another weight. */
export function exactWeight(value: number, exact: unknown): Pick<Weight, "exact"> {
  return typeof exact === "string" && roundedWeight(exact) === value ? { exact } : {};
}

/**
 * A weight in the stored unit unless it has one. A weight that repeats the rounded value of a stored decimal number is that
 * number.
 */
export function keptWeight(given: Weight, stored: Weight | undefined): Weight {
  const { unit = stored?.unit ?? "KILOGRAM" } = given;
  const isRepeated = given.exact === undefined && stored?.value === given.value && stored.unit === unit;
  return isRepeated ? stored : { ...given, unit };
}

/**
 * Whether a weight in a request has an amount, which can be 0, and not only a unit.
 *
 * @param parts those that a JSON request has of it; undefined for a binary request, which always has an amount
 */
export function hasAmount({ exact }: Weight, parts: readonly string[] | undefined): boolean {
  return !parts || parts.includes("value") || exact !== undefined;
}

export interface Vaccination {
  readonly name: string;
  readonly expiredTime?: Date;
}

export interface Vet {
  readonly name: string;
  /** E.164, or empty. */
  readonly phone: string;
  readonly address: string;
}

/** A veterinarian with some of its parts changed. Null if nothing of it is left. */
export function changedVet(stored: Vet | undefined, change: Partial<Vet>): Vet | null {
  const { name, phone, address }: Vet = { name: "", phone: "", address: "", ...stored, ...change };
  return name + phone + address === "" ? null : { name, phone, address };
}

/** The fields of an edit, with those of which it changes a part. */
export function editedFields({ fields = {}, vet, weightUnit }: PetEdit, stored: Pet): FieldChange<PetFields> {
  const { weight = weightUnit && stored.weight && { ...stored.weight, unit: weightUnit } } = fields;
  return {
    ...fields,
    ...(weight ? { weight: keptWeight(weight, stored.weight) } : {}),
    ...(vet ? { vet: changedVet(stored.vet, vet) } : {}),
  };
}

interface Birth {
  readonly birthday?: string | null | undefined;
  readonly stored?: string | undefined;
  /** Time zone of the company. Its calendar decides what is in the future. */
  readonly timeZone: string;
}

/** A birthday that is still to come. One that is stored already may be sent back. */
export function birthdayViolations(field: string, { birthday, stored, timeZone }: Birth): Violation[] {
  if (!birthday || birthday === stored) return [];
  const today = localDate(timeZone, new Date());
  if (birthday <= today.slice(0, birthday.length)) return [];
  return [violation(field, "OUT_OF_RANGE", "Must not be in the future.")];
}

/** What an update must not clear, of what a stored pet can lack. */
export const requiredPetFields = { breed: ({ breed }: Pick<PetFields, "breed">) => breed };

export type RequiredPetField = keyof typeof requiredPetFields;

/** The number of a veterinarian in a request. */
export function vetNumber(within: string, given: Partial<Vet> | null | undefined, stored?: Vet) {
  return { field: `${within}.phone_number`, given: given?.phone, stored: stored?.phone };
}

export interface PetCode {
  readonly id: string;
  readonly abbreviation: string;
  readonly description: string;
  readonly color: string;
  readonly archived: boolean;
}

export interface PetNote {
  readonly id: string;
  readonly content: string;
  readonly lastUpdatedBy: string;
  readonly lastUpdatedTime: Date;
}

/** The fields of a pet that clients write. Empty strings mean unknown. */
export interface PetFields {
  readonly name: string;
  /** `yyyy-MM-dd`, or `yyyy-MM` or `yyyy` if only that is known. */
  readonly birthday?: string;
  readonly status: PetStatus;
  readonly type: PetType;
  readonly breed: string;
  readonly gender?: PetGender;
  readonly weight?: Weight;
  readonly fixed: string;
  readonly coat: string;
  readonly behavior: string;
  readonly vet?: Vet;
  readonly evaluationStatus?: EvaluationStatus;
  readonly photo: string;
  readonly microchip: string;
  readonly color: string;
  readonly allergies: string;
  readonly feeding: string;
  readonly medication: string;
  readonly specialNeeds: string;
  readonly customFields: FieldValues;
}

export interface Pet extends PetFields {
  readonly companyId: string;
  readonly id: string;
  readonly rawId: bigint;
  /** The owner. For the pet of a lead, the id of the lead. */
  readonly customerId: string;
  /** In the display order of the company. */
  readonly petCodes: readonly PetCode[];
  /** Newest notes first, limited in number. */
  readonly notes: readonly PetNote[];
  readonly vaccinations: readonly Vaccination[];
  /** By system and id. */
  readonly externalIds: readonly ExternalId[];
  /** Staff ids. Empty means unknown. */
  readonly createdBy: string;
  readonly createdTime: Date;
  readonly lastUpdatedBy: string;
  readonly lastUpdatedTime: Date;
  readonly archived: boolean;
  /** Number of the current version, starting at 1. */
  readonly version: bigint;
}

/** Times and actors of the creation and last update of a pet. */
export type PetAudit = Pick<Pet, "createdBy" | "createdTime" | "lastUpdatedBy" | "lastUpdatedTime">;

/** A pet to store. */
export interface PetRecord extends PetFields {
  /** The id to keep for a record migrated from another system. Absent: the server generates one. */
  readonly id?: string;
  /** Distinct ids of pet codes of the company. */
  readonly petCodeIds: readonly string[];
  readonly notes: readonly string[];
  readonly vaccinations: readonly Vaccination[];
  readonly externalIds: readonly ExternalId[];
}

/** Changes of a pet. Absent fields are unchanged. */
export interface PetEdit {
  readonly fields?: FieldChange<PetFields>;
  /** Parts of the veterinarian. */
  readonly vet?: Partial<Vet>;
  /** Another unit of the stored weight. */
  readonly weightUnit?: NonNullable<Weight["unit"]>;
  /** Replaces all vaccinations. */
  readonly vaccinations?: readonly Vaccination[];
  /** Replaces all external ids. */
  readonly externalIds?: readonly ExternalId[];
  /** Replaces all codes. */
  readonly petCodeIds?: readonly string[];
  /** An entry with an id edits that note. An entry without one adds a note. */
  readonly notes?: readonly PetNoteEntry[];
  /** Removes the notes that are not listed. */
  readonly replacesNotes?: boolean;
  /** Removes the note. */
  readonly removedNoteId?: string;
}

export interface PetNoteEntry {
  readonly id?: string;
  readonly content: string;
}

export interface PetNoteWithCreatedTime extends PetNote {
  readonly createdTime: Date;
}

/** Maximum number of pets per customer, not counting archived ones. */
export const maxPetsOfCustomer = 500;

/** Maximum number of pets per lead, codes per pet, and notes and vaccinations per request. */
export const maxPets = 50;
export const maxPetCodes = 50;
export const maxVaccinations = 50;

/**
 * Total size of note texts in the response with one lead, in UTF-8 bytes. Each pet gets an equal share, so that a
 * default gRPC client can read the response and the newest note (at most 40,000 bytes) is always included.
 */
export const leadNoteBytes = 2 * 1024 * 1024;

/** A customer or a lead whose pets a request names. */
export interface PetOwnerTarget extends RecordTarget {
  /** The scope that pets of a lead require besides the one of the RPC. */
  readonly leadScope: { readonly scope: Scope; readonly isGranted: boolean };
}

/** Identifies a pet of a customer or a lead. */
export interface PetTarget {
  readonly owner: PetOwnerTarget;
  readonly id: string;
}

export interface PetFilter {
  readonly customerIds?: readonly string[];
  /** Absent: without pets that have died, unless the list is by update time. */
  readonly statuses?: readonly PetStatus[];
  /** By update time. Also orders the list by (last updated, id) ascending and includes archived pets. */
  readonly lastUpdated?: TimeRange;
  /** Pets of customers of one of these locations. */
  readonly businessIds?: readonly string[];
  /** Pets with at least one of these external ids. */
  readonly externalIds?: readonly ExternalId[];
}

export interface PetQuery {
  readonly companyId: string;
  readonly filter: PetFilter;
  readonly page: Page;
}

export interface OwnedPetsQuery {
  readonly owner: PetOwnerTarget;
  readonly statuses?: readonly PetStatus[];
  readonly showArchived: boolean;
}

/** A locked customer or lead that gets a new pet, within a transaction. */
export interface NewPetUnit {
  readonly companyId: string;
  readonly owner: "customer" | "lead";
  /** The custom fields of the company, as this transaction sees them. */
  readonly customFields: CustomFieldRepository;
  /** The number of pets of the owner that are not archived. */
  countPets(): Promise<number>;
  /** Those codes that do not exist in the company or are archived. */
  missingCodes(ids: readonly string[]): Promise<readonly string[]>;
  /** Returns the id of the new pet. */
  add(pet: PetRecord): Promise<string>;
}

/**
 * A locked pet within a transaction. All changes are committed together with the new version, the audit log entry and
 * the idempotency claim. An error rolls them back.
 */
export interface PetTransaction {
  /** The state under the lock. */
  readonly pet: Pet;
  /** The custom fields of the company, as this transaction sees them. */
  readonly customFields: CustomFieldRepository;
  missingCodes(ids: readonly string[]): Promise<readonly string[]>;
  /** Those notes that the pet does not have. */
  missingNotes(ids: readonly string[]): Promise<readonly string[]>;
  /**
   * Applies the edit and updates version and time of the pet. Returns the ids of the added notes. May be called only
   * once.
   */
  edit(edit: PetEdit): Promise<readonly string[]>;
}

/** The pet after a change (the current one for a replay), and the ids of the changed records. */
export interface ChangedPet {
  readonly pet: Pet;
  readonly resourceIds: readonly string[];
  /** Those ids that are notes of the pet, in the order given. */
  readonly notes: readonly PetNote[];
}

/**
 * Pets of customers and leads. Methods throw NOT_FOUND if the owner is inaccessible or does not have the pet,
 * LEAD_PROMOTED for a promoted lead, SCOPE_REQUIRED without the scope for leads, and AMBIGUOUS_ID if owners of several
 * accessible companies have the id.
 */
export interface PetRepository {
  get(target: PetTarget, signal: AbortSignal): Promise<Pet>;
  /**
   * Newest first, excluding archived pets unless they are asked for. Without statuses, all of them. Returns one row more than the page size if
   * there is a next page.
   */
  listOfOwner(query: OwnedPetsQuery, page: Page, signal: AbortSignal): Promise<readonly Pet[]>;
  /** Returns one row more than the page size if there is a next page. */
  list(query: PetQuery, signal: AbortSignal): Promise<readonly Listed<Pet>[]>;
  /** Newest first. Returns one row more than the page size if there is a next page. */
  listNotes(target: PetTarget, page: Page, signal: AbortSignal): Promise<readonly PetNoteWithCreatedTime[]>;
  /** The companies in which the principal can access an owner with this id. */
  companiesOf(owner: PetOwnerTarget, signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Runs `work` on the locked owner. Replays and concurrent duplicates return the pet of the first request without
   * running it.
   */
  create(owner: PetOwnerTarget, write: WriteContext, work: (unit: NewPetUnit) => Promise<string>): Promise<Pet>;
  /**
   * Runs `work` on the locked pet and returns the ids of the records it changed. Replays and concurrent duplicates
   * return the ids of the first request without running it. Throws RESOURCE_ARCHIVED, like `create`.
   */
  change(
    target: PetTarget,
    write: WriteContext,
    work: (unit: PetTransaction) => Promise<WriteResult>,
  ): Promise<ChangedPet>;
}
