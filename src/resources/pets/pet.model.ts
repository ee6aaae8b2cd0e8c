/** Kinds of animals; the number in the contract is the position counted from 1, as for the other lists here. */
export const petTypes = [
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
] as const;
export const petStatuses = ["ALIVE", "PASSED_AWAY"] as const;
export const petGenders = ["MALE", "FEMALE", "UNKNOWN"] as const;
export const evaluationStatuses = ["PASS", "FAIL"] as const;
export const weightUnits = ["KILOGRAM", "POUND"] as const;

export type PetType = (typeof petTypes)[number];
export type PetStatus = (typeof petStatuses)[number];
export type PetGender = (typeof petGenders)[number];
export type EvaluationStatus = (typeof evaluationStatuses)[number];

export interface Weight {
  /** Whole units. */
  readonly value: number;
  readonly unit: (typeof weightUnits)[number];
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

/** What a caller says of a pet, apart from its codes and notes. Empty strings stand for "not known". */
export interface PetTraits {
  readonly name: string;
  /** `yyyy-MM-dd` */
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
  readonly vaccinations: readonly Vaccination[];
}

export interface Pet extends PetTraits {
  readonly companyId: string;
  readonly id: string;
  readonly rawId: bigint;
  /** Absent for a pet of a lead. */
  readonly customerId?: string;
  /** In the company's display order. */
  readonly petCodes: readonly PetCode[];
  /** The newest notes, newest first. */
  readonly notes: readonly PetNote[];
  /** Staff ids; empty when nobody is known. */
  readonly createdBy: string;
  readonly createdTime: Date;
  readonly lastUpdatedBy: string;
  readonly lastUpdatedTime: Date;
  readonly archived: boolean;
  /** Counts the changes, from 1. */
  readonly version: bigint;
}

/** When and by whom a pet was made and last changed. */
export type PetAudit = Pick<Pet, "createdBy" | "createdTime" | "lastUpdatedBy" | "lastUpdatedTime">;

/** A pet to store. */
export interface PetRecord extends PetTraits {
  /** To keep for what is moved here; absent = a new one. */
  readonly id?: string;
  /** Distinct ids of codes of the company. */
  readonly petCodeIds: readonly string[];
  readonly notes: readonly string[];
}

type Clearable = "birthday" | "gender" | "weight" | "vet" | "evaluationStatus";
type Demanded = Omit<PetTraits, Clearable>;
type Cleared = { readonly [Trait in Clearable]?: NonNullable<PetTraits[Trait]> | null };

/** Traits to replace: absent = kept, null clears. */
export type TraitChanges = Partial<Demanded> & Cleared;

/** The traits that a pet ends with: absent and null = not known. */
export type TraitState = Demanded & Cleared;

/** Changes of a pet: absent = kept. */
export interface PetEdit {
  readonly traits: TraitChanges;
  /** The whole new set. */
  readonly petCodeIds?: readonly string[];
  /** An entry with an id is the new text of that note of the pet; one without is added. */
  readonly notes?: readonly PetNoteEntry[];
  /** Notes that no entry names are removed. */
  readonly replacesNotes?: boolean;
}

export interface PetNoteEntry {
  readonly id?: string;
  readonly content: string;
}

export interface PetNoteWithCreatedTime extends PetNote {
  readonly createdTime: Date;
}

/** Most pets of one customer that are not archived: ListPets gives all of them at once. */
export const maxPetsOfCustomer = 500;

/** Most pets of one lead, codes of one pet, notes and vaccinations of one call. */
export const maxPets = 50;
export const maxPetCodes = 50;
export const maxVaccinations = 50;

/**
 * Bytes of UTF-8 for the texts of notes in the answer with one lead, each of its pets an equal share: so a default gRPC
 * client can read it, and the newest note, at most 40,000 bytes, is always there.
 */
export const leadNoteBytes = 2 * 1024 * 1024;
