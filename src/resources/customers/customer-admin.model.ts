import type { AddressRecord } from "../../core/address.js";
import type { ErasureCondition } from "../../core/import-entry.js";
import type { ImportedNoteRecord } from "../../core/note.js";
import type { ImportAuthors, ImportLookups, ImportTimes } from "../../core/record-import.js";
import type { WriteContext } from "../../core/write.js";
import type { Tag, TagReference, TagResolution } from "../setting-lists/tag.model.js";
import type {
  Customer,
  CustomerRecord,
  CustomerStatus,
  CustomerTarget,
  MissingReferences,
  References,
} from "./customer.model.js";

/** A customer migrated from another system, validated and with its tags resolved. */
interface ImportedCustomer
  extends Omit<CustomerRecord, "tags" | "address" | "notes">,
    Required<ImportTimes>,
    Required<ImportAuthors> {
  readonly id: string;
  /** Without an id, the server generates one. */
  readonly address?: AddressRecord & { readonly id?: string };
  readonly notes: readonly ImportedNoteRecord[];
  readonly tags: readonly Tag[];
  readonly status: CustomerStatus;
}

/** The customers of a company that count towards its customer limit. */
interface CustomerCount {
  readonly companyId: string;
  /** Counts one more. Returns the limit if it is reached. */
  count(): Promise<number | undefined>;
  /** Counts one less. */
  uncount(): Promise<void>;
}

/** The import of one customer within a transaction. An error rolls it back. */
export interface CustomerImportUnit extends ImportLookups, Pick<CustomerCount, "count"> {
  missing(references: References): Promise<MissingReferences>;
  resolveTags(
    references: readonly TagReference[],
    mayCreate: boolean,
  ): Promise<TagResolution & { readonly tags: readonly Tag[] }>;
  insert(customer: ImportedCustomer): Promise<void>;
}

/** Storage of customer administration. Methods throw NOT_FOUND. */
export interface CustomerAdminRepository {
  /** Archives or restores the customer. Runs `admit` before its state changes; an error refuses the change. */
  setArchived(
    target: CustomerTarget,
    archived: boolean,
    write: WriteContext,
    admit: (count: CustomerCount) => Promise<void>,
  ): Promise<Customer>;
  /** Erases the customer with all its data, the leads it was promoted from, and references in other records (docs/erasure.md). */
  erase(target: CustomerTarget, write: WriteContext, condition?: ErasureCondition): Promise<void>;
  /**
   * Runs `work` unless this is a replay, and returns the customer. Throws NOT_FOUND if a replay finds it outside the
   * access filter.
   */
  import(
    target: CustomerTarget & { readonly companyId: string },
    write: WriteContext,
    work: (unit: CustomerImportUnit) => Promise<void>,
  ): Promise<Customer>;
}
