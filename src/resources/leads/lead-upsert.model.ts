import type { BatchResult } from "../../core/batch.js";
import type { ConsentChange } from "../../core/consent.js";
import type { DomainError } from "../../core/errors.js";
import type { MatchKeys, PlacedKeys, PlannedRecord } from "../../core/upsert.js";
import type { FoundRecords } from "../../core/upsert-items.js";
import type { WriteContext } from "../../core/write.js";
import type { CustomFieldRepository } from "../custom-fields/custom-field.model.js";
import type { NamedTag } from "../setting-lists/tag-match.model.js";
import type { TaggedUpsertDecision } from "../setting-lists/tagged-upsert.model.js";
import type { Lead, LeadTransaction } from "./lead.model.js";
import type { BatchedLead, LeadBatch, LeadBatchUnit, LeadFacts, LeadItem } from "./lead-batch.model.js";

/** An item of an upsert, valid by itself. */
export interface LeadUpsertItem {
  readonly keys: MatchKeys;
  /** As it is created, with every key. */
  readonly item: LeadItem;
  /** Whether the phones and the email address are those of the request, and not only of the keys. */
  readonly statesPhones: boolean;
  readonly statesEmail: boolean;
  /**
   * The change of consent beside the lead, which a lead that exists gets. What the lead itself says may be an earlier state,
   * and is for a lead that is created.
   */
  readonly consent?: ConsentChange;
}

/** What a batch of upserts has found, and locked until it ends. */
export interface FoundLeads extends FoundRecords<Lead> {
  /** Ids of leads that the principal cannot access. */
  readonly hidden: ReadonlySet<string>;
}

/** A change of a lead that is to be decided. */
export interface AskedLeadChange {
  readonly lead: Lead;
  /** Decides without effects: it can run twice. */
  decide(unit: LeadTransaction): Promise<void>;
}

/** A change that is decided and not stored. */
export interface PlannedLead extends PlannedRecord<Lead> {
  /** The tags to create. */
  readonly creations: readonly NamedTag[];
}

/** What changes refer to. */
export interface LeadChangeFacts extends LeadFacts {
  /** With the definitions of the fields that the changes have. */
  readonly customFields: CustomFieldRepository;
}

/** A batch of upserts within its transaction. */
export interface LeadUpsertUnit<Plan extends PlannedLead = PlannedLead> extends LeadBatchUnit {
  /** Finds and locks the leads that match, and keeps other upserts with the same keys out. */
  find(keys: readonly PlacedKeys[]): Promise<FoundLeads>;
  /** Decides changes, in their order. */
  plan(
    asked: readonly AskedLeadChange[],
    facts: LeadChangeFacts,
  ): Promise<readonly (Plan | { readonly refusal: DomainError })[]>;
}

/** What becomes of the items of a batch, by position. */
export type LeadUpsertDecision<Plan extends PlannedLead = PlannedLead> = TaggedUpsertDecision<BatchedLead, Plan, Lead>;

export interface LeadUpserts extends LeadBatch {
  /** The locations of the API key. Absent means the whole company. */
  readonly businessIds?: readonly string[];
  /** Whether other creates of the company must wait, because they look for duplicates. */
  readonly refusesDuplicates: boolean;
}

export interface LeadUpsertRepository {
  /** Stores what `decide` decides. It decides again if a concurrent request was faster. */
  store(batch: LeadUpserts, write: WriteContext, decide: DecideLeads): Promise<readonly BatchResult[]>;
}

export type DecideLeads = <Plan extends PlannedLead>(unit: LeadUpsertUnit<Plan>) => Promise<LeadUpsertDecision<Plan>>;
