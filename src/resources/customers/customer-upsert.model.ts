import type { BatchResult, StoredOutcome } from "../../core/batch.js";
import type { DomainError } from "../../core/errors.js";
import type { MatchKeys } from "../../core/upsert.js";
import type { WriteContext, WriteResult } from "../../core/write.js";
import type { CustomFieldRepository } from "../custom-fields/custom-field.model.js";
import type { KnownTag, NamedTag } from "../setting-lists/tag-match.model.js";
import type { Customer, CustomerTransaction } from "./customer.model.js";
import type { BatchedCustomer, BatchFacts, CustomerBatch, CustomerBatchUnit } from "./customer-batch.model.js";

/** The keys of an item, by its position. */
export interface PlacedKeys extends MatchKeys {
  readonly position: number;
}

/** What a batch of upserts has found, and locked until it ends. */
export interface FoundCustomers {
  /** Ids of the customers that match each item, by position. Those found by a contact are visible and not archived. */
  readonly matches: ReadonlyMap<number, readonly string[]>;
  /** The customers with these ids, visible or not. */
  readonly customers: ReadonlyMap<string, Customer>;
  /** What the ids of the keys were merged into, by the former id. */
  readonly survivors: ReadonlyMap<string, Customer>;
}

/** A change of a customer that is to be decided. */
export interface AskedChange {
  readonly customer: Customer;
  /** Decides without effects: it can run twice. */
  decide(unit: CustomerTransaction): Promise<WriteResult>;
}

/** A change that is decided and not stored. */
export interface PlannedChange {
  readonly customer: Customer;
  /** Whether the customer is already as the change leaves it. */
  readonly isEmpty: boolean;
  /** The tags to create. */
  readonly creations: readonly NamedTag[];
}

/** What changes refer to. */
export interface ChangeFacts extends Pick<BatchFacts, "businesses" | "referralSources" | "staff"> {
  /** The tags of the company that the items refer to. */
  readonly tags: readonly KnownTag[];
  /** With the definitions that were read before the transaction. */
  readonly customFields: CustomFieldRepository;
}

/** A batch of upserts within its transaction. */
export interface CustomerUpsertUnit<Plan extends PlannedChange = PlannedChange> extends CustomerBatchUnit {
  /** Finds and locks the customers that match. `contacts` keeps other upserts with the same keys out. */
  find(keys: readonly PlacedKeys[]): Promise<FoundCustomers>;
  /** Decides changes, in their order. */
  plan(
    asked: readonly AskedChange[],
    facts: ChangeFacts,
  ): Promise<readonly (Plan | { readonly refusal: DomainError })[]>;
}

/** What becomes of the items of a batch, by position. */
export interface UpsertDecision<Plan extends PlannedChange = PlannedChange> {
  readonly created: ReadonlyMap<number, BatchedCustomer>;
  readonly changed: ReadonlyMap<number, Plan>;
  /** Customers that were found and stay as they are. */
  readonly left: ReadonlyMap<number, { readonly customer: Customer; readonly outcome: StoredOutcome }>;
  readonly refused: ReadonlyMap<number, DomainError>;
  /** Ids of created tags, by the keys of their names. */
  readonly tagIds: ReadonlyMap<string, string>;
}

export interface CustomerUpserts extends CustomerBatch {
  /** The locations of the API key. Absent means the whole company. */
  readonly businessIds?: readonly string[];
  /** Whether other creates of the company must wait, because they look for duplicates. */
  readonly refusesDuplicates: boolean;
}

export interface CustomerUpsertRepository {
  /** Stores what `decide` decides. It decides again if a concurrent request was faster. */
  store(batch: CustomerUpserts, write: WriteContext, decide: Decide): Promise<readonly BatchResult[]>;
}

export type Decide = <Plan extends PlannedChange>(unit: CustomerUpsertUnit<Plan>) => Promise<UpsertDecision<Plan>>;
