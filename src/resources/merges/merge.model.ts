import type { AccessFilter } from "../../core/access.js";
import type { Address } from "../../core/address.js";
import { enumeration, type WordOf } from "../../core/enumeration.js";
import type { DomainError } from "../../core/errors.js";
import type { Page } from "../../core/page.js";
import type { ContactPhone } from "../../core/phone/contact-phone.js";
import type { WriteContext } from "../../core/write.js";
import type { AccountKind, ProfileValues } from "../callers/caller-profile.model.js";
import type { Customer, CustomerChange } from "../customers/customer.model.js";
import type { Tag } from "../setting-lists/tag.model.js";

/** Whose value is used. */
export const fieldChoices = enumeration("SURVIVOR", "MERGED");

export type FieldChoice = WordOf<typeof fieldChoices>;

/** By path, as the contract spells it. */
export type Choices = ReadonlyMap<string, FieldChoice>;

/** How long a merge can be undone. */
export const undoDays = 30;

/** Numbers of records by kind. */
export interface Carried {
  readonly notes: number;
  readonly pets: number;
  readonly packages: number;
  readonly phones: number;
  readonly addresses: number;
  readonly tags: number;
  readonly cards: number;
  readonly accounts: number;
  readonly leads: number;
  readonly relations: number;
}

export const nothingCarried = {
  ...{ notes: 0, pets: 0, packages: 0, phones: 0, addresses: 0, tags: 0, cards: 0, accounts: 0, leads: 0 },
  relations: 0,
} as const satisfies Carried;

/** What is only counted. The rest is in the record. */
export type CountedRecords = Pick<Carried, "notes" | "pets" | "packages" | "cards" | "leads" | "relations"> & {
  /** Pets that are not archived. */
  readonly currentPets: number;
  /** Size of the texts of all notes. */
  readonly noteBytes: number;
};

/** One of the two records, with what belongs to it. */
export interface MergeSide {
  readonly customer: Customer;
  readonly profile: ProfileValues;
  readonly counts: CountedRecords;
}

export interface MergeSides {
  readonly survivor: MergeSide;
  readonly merged: MergeSide;
}

/** A field of which both records have a value, and not the same one. */
export interface FieldConflict {
  readonly path: string;
  readonly survivor: unknown;
  readonly merged: unknown;
  /** Absent if a choice is required. */
  readonly choice?: FieldChoice;
}

/** What a merge does to the survivor. */
export interface MergePlan {
  readonly change: CustomerChange;
  readonly phones: readonly ContactPhone[];
  readonly addresses: readonly Address[];
  readonly tags: readonly Tag[];
  readonly profile: ProfileValues;
  /** The kinds of accounts whose account is the one of the merged record. */
  readonly movedAccounts: readonly AccountKind[];
  /** Names of changed fields with rows of their own. */
  readonly nested: readonly string[];
  readonly conflicts: readonly FieldConflict[];
  readonly carried: Carried;
  /** The survivor as it will be, with its present version. */
  readonly result: Customer;
}

export interface CustomerMerge {
  readonly id: string;
  readonly fromId: string;
  readonly intoId: string;
  /** The record that has everything now. */
  readonly survivorId: string;
  readonly mergedTime: Date;
  readonly mergedBy: string;
  readonly undoableUntil: Date;
  readonly carried: Carried;
  readonly undoneTime?: Date;
}

/** Two customers of a company, among those that the principal can access. */
export interface MergeTarget {
  readonly accessFilter: AccessFilter;
  readonly companyId: string;
  /** The survivor. */
  readonly id: string;
  readonly fromId: string;
}

export interface UndoTarget {
  readonly accessFilter: AccessFilter;
  readonly companyId: string;
  readonly mergeId: string;
}

export interface MergedCustomer {
  readonly customer: Customer;
  readonly merge: CustomerMerge;
}

export interface UndoneMerge extends MergedCustomer {
  readonly restored: Customer;
  readonly keptPaths: readonly string[];
  readonly kept: Carried;
}

interface MergeQuery {
  readonly accessFilter: AccessFilter;
  readonly companyId: string;
  readonly customerId?: string | undefined;
  readonly page: Page;
}

export interface MergeRepository {
  /** Both records as they are. Throws NOT_FOUND. */
  read(target: MergeTarget, signal: AbortSignal): Promise<MergeSides>;
  /** Stores what `decide` returns for the locked records. Throws NOT_FOUND. A retry returns the present survivor. */
  merge(target: MergeTarget, write: WriteContext, decide: (sides: MergeSides) => MergePlan): Promise<MergedCustomer>;
  /** Throws NOT_FOUND, MERGE_NOT_UNDOABLE, and what `quotaExceeded` returns. */
  undo(target: UndoTarget, write: WriteContext, quotaExceeded: (limit: number) => DomainError): Promise<UndoneMerge>;
  /** Newest first. Returns one row more than the page size if there is a next page. */
  list(query: MergeQuery, signal: AbortSignal): Promise<readonly CustomerMerge[]>;
}
