import type { Reachable } from "../../core/contact-line.js";

/** The kinds of records that a mirror stores. Also the names of their tables. */
export type MirroredKind =
  | "business"
  | "staff"
  | "tag"
  | "referral_source"
  | "life_cycle"
  | "action_status"
  | "pet_code"
  | "pet_size"
  | "pet_type"
  | "pet_coat_type"
  | "custom_field"
  | "service"
  | "customer"
  | "lead"
  | "pet"
  | "package";

/** Columns by name, as `jsonb_populate_record` reads them. */
export type MirroredRow = Readonly<Record<string, unknown>>;

/** What a record has in other tables, as the API names it. */
export const mirroredParts = [
  ...(["phones", "external_ids", "address", "notes", "tags", "pet_codes", "vaccinations"] as const),
] as const;

export type MirroredPart = (typeof mirroredParts)[number];

/** A record of the source, in the form in which it is stored. */
export interface MirroredRecord {
  readonly kind: MirroredKind;
  readonly id: string;
  /** What the source says. A column that is absent is neither compared nor written. */
  readonly row: MirroredRow;
  /** Columns that only a new row gets. */
  readonly inserted?: MirroredRow;
  readonly parts: Readonly<Partial<Record<MirroredPart, readonly MirroredRow[]>>>;
  /** Parts of which only some rows were read. They must be stored; others may be stored as well. */
  readonly partial?: readonly MirroredPart[];
  /** Of customers and leads: the lines whose opt-outs win over what the source says. */
  readonly lines?: Reachable;
  /** Of packages: the units, which are stored as entries of a ledger. */
  readonly units?: MirroredUnits;
}

/** The items of a package. */
export interface MirroredUnits {
  readonly used: boolean;
  readonly applied: boolean;
  readonly items: readonly MirroredItem[];
}

export interface MirroredItem {
  readonly id: string;
  readonly total: number;
  readonly remaining: number;
  readonly goodwill: number;
  readonly services: readonly MirroredRow[];
}

/** In what a stored record differs from the source. */
export interface Difference {
  readonly isNew: boolean;
  /** Columns and parts. Empty if the record is equal. */
  readonly changed: readonly string[];
}

export type Mirrored = "created" | "updated" | "unchanged";

/** Storage of a mirror of one company. */
export interface MirrorRepository {
  /** Compares records of one kind with those that are stored, by id. */
  differences(records: readonly MirroredRecord[]): Promise<ReadonlyMap<string, Difference>>;
  /** The same of one record, with the opt-outs of its lines. */
  difference(record: MirroredRecord): Promise<Difference>;
  /** Makes the stored record equal, in one transaction. Throws RESOURCE_ERASED and RESOURCE_MERGED. */
  put(record: MirroredRecord): Promise<Mirrored>;
  /** Ids of stored records, in their order, after an id. */
  ids(kind: MirroredKind, after: string, count: number): Promise<readonly string[]>;
  /** Ids of the pets of a lead that are in use. */
  petsOfLead(leadId: string): Promise<readonly string[]>;
}
