import type { BatchResult } from "../../core/batch.js";
import type { DomainError } from "../../core/errors.js";
import type { PlacedKeys, PlannedRecord } from "../../core/upsert.js";
import type { FoundRecords } from "../../core/upsert-items.js";
import type { WriteContext, WriteResult } from "../../core/write.js";
import type { CustomFieldRepository } from "../custom-fields/custom-field.model.js";
import type { KnownTag, NamedTag } from "../setting-lists/tag-match.model.js";
import type { TaggedUpsertDecision } from "../setting-lists/tagged-upsert.model.js";
import type { Customer, CustomerTransaction } from "./customer.model.js";
import type { BatchedCustomer, BatchFacts, CustomerBatch, CustomerBatchUnit } from "./customer-batch.model.js";

/** What a batch of upserts has found, and locked until it ends. */
export interface FoundCustomers extends FoundRecords<Customer> {
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
export interface PlannedChange extends PlannedRecord<Customer> {
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
  /** Finds and locks the customers that match, and keeps other upserts with the same keys out. */
  find(keys: readonly PlacedKeys[]): Promise<FoundCustomers>;
  /** Decides changes, in their order. */
  plan(
    asked: readonly AskedChange[],
    facts: ChangeFacts,
  ): Promise<readonly (Plan | { readonly refusal: DomainError })[]>;
}

/** What becomes of the items of a batch, by position. */
export type CustomerUpsertDecision<Plan extends PlannedChange = PlannedChange> = TaggedUpsertDecision<
  BatchedCustomer,
  Plan,
  Customer
>;

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

export type Decide = <Plan extends PlannedChange>(
  unit: CustomerUpsertUnit<Plan>,
) => Promise<CustomerUpsertDecision<Plan>>;
