import type { AccessFilter } from "../../core/access.js";
import type { AddressRecord } from "../../core/address.js";
import type { BatchResult } from "../../core/batch.js";
import type { Channel } from "../../core/consent.js";
import type { Reachable } from "../../core/contact-line.js";
import type { Withheld } from "../../core/contact-rule.js";
import type { DomainError } from "../../core/errors.js";
import type { ExternalId } from "../../core/external-id.js";
import type { ImportEntries } from "../../core/import-entry.js";
import type { ImportedNoteRecord } from "../../core/note.js";
import type { DuplicateView, RefusingDuplicate } from "../../core/possible-duplicate.js";
import type { ImportAuthors, ImportTimes } from "../../core/record-import.js";
import type { IdempotencyClaim, WriteContext } from "../../core/write.js";
import type { Tag, TagReference } from "../setting-lists/tag.model.js";
import type { TagUnit } from "../setting-lists/tag-batch.model.js";
import type { KnownTag } from "../setting-lists/tag-match.model.js";
import type { Customer, CustomerRecord, CustomerStatus } from "./customer.model.js";

/** A customer of a batch as it is stored, with its id. */
export interface BatchedCustomer
  extends Omit<CustomerRecord, "tags" | "address" | "notes">,
    Required<ImportTimes>,
    Required<ImportAuthors> {
  readonly id: string;
  /** Without an id, the server generates one. */
  readonly address?: AddressRecord & { readonly id?: string };
  readonly notes: readonly ImportedNoteRecord[];
  readonly tags: readonly Tag[];
  readonly status: CustomerStatus;
  /** What opt-outs keep it from permitting. */
  readonly withheld?: Withheld | undefined;
}

/** What the customers of a batch refer to, and the ids that they state. */
export interface BatchQuestions {
  readonly businessIds: readonly string[];
  readonly referralSourceIds: readonly string[];
  readonly staffIds: readonly string[];
  readonly tags: readonly TagReference[];
  readonly customerIds: readonly string[];
  readonly externalIds: readonly ExternalId[];
  /** Of staff members who may have left. */
  readonly authorIds: readonly string[];
  readonly addressIds: readonly string[];
  readonly noteIds: readonly string[];
}

/** Those of them that the company has and, for references, that are not archived. */
export interface BatchFacts {
  readonly businesses: ReadonlySet<string>;
  readonly referralSources: ReadonlySet<string>;
  readonly staff: ReadonlySet<string>;
  readonly tags: readonly KnownTag[];
  readonly takenIds: ReadonlySet<string>;
  /** The customers that have the external ids, by `externalIdKey`. */
  readonly takenExternalIds: ReadonlyMap<string, string>;
  readonly erasedIds: ReadonlySet<string>;
  /** Of the authors that do not and never did belong to the staff. */
  readonly strangers: ReadonlySet<string>;
  readonly takenAddressIds: ReadonlySet<string>;
  readonly takenNoteIds: ReadonlySet<string>;
}

/** A batch within its transaction. */
export interface CustomerBatchUnit extends TagUnit {
  /** Timestamp of the change, by the clock of the database. */
  readonly now: Date;
  /** What earlier requests stored for items, by position. They are not stored again. */
  readonly replayed: ReadonlyMap<number, string>;
  /** Items that earlier requests refuse, by position. */
  readonly refused: ReadonlyMap<number, DomainError>;
  readonly recordBytes: number;
  ask(questions: BatchQuestions): Promise<BatchFacts>;
  /** The customers because of which each of the records is refused, if the company refuses duplicates. */
  refusing(records: readonly Reachable[], view: DuplicateView): Promise<readonly (readonly RefusingDuplicate[])[]>;
  /** The channels from which each of the records is opted out. */
  optedOut(records: readonly Reachable[]): Promise<readonly (readonly Channel[])[]>;
  /** How many more customers the company may have. Undefined without a limit. */
  customerRoom(): Promise<{ readonly limit: number; readonly room: number } | undefined>;
}

/** What the rules decide about a batch, by the positions of its items. */
export interface BatchDecision {
  readonly stored: ReadonlyMap<number, BatchedCustomer>;
  readonly refused: ReadonlyMap<number, DomainError>;
}

export interface CustomerBatch {
  readonly companyId: string;
  readonly accessFilter: AccessFilter;
  /** Number of items. */
  readonly size: number;
  readonly claims: ReadonlyMap<number, IdempotencyClaim>;
  /** Whether the records have ids from other systems, which can have been erased. */
  readonly keepsIds: boolean;
  /** Of an import by the `moego` command: what is stored with each new record. */
  readonly imported?: ImportEntries | undefined;
}

export interface CustomerBatchRepository {
  /** Stores what `decide` decides. It decides again if a concurrent request was faster. */
  create(
    batch: CustomerBatch,
    write: WriteContext,
    decide: (unit: CustomerBatchUnit) => Promise<BatchDecision>,
  ): Promise<readonly BatchResult[]>;
  /** The customers of one company with these ids, in any order. */
  find(accessFilter: AccessFilter, ids: readonly string[], signal: AbortSignal): Promise<readonly Customer[]>;
}
