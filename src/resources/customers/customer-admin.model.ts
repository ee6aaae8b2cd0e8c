import type { AddressRecord } from "../../core/address.js";
import type { ImportedNoteRecord } from "../../core/imported-note.js";
import type { NestedRecordLookup } from "../../core/nested-records.js";
import type { ImportAuthors, ImportTimes } from "../../core/record-import.js";
import type { WriteContext } from "../../core/write.js";
import type { Tag, TagReference, TagResolution } from "../setting-lists/tag.model.js";
import type { Customer, CustomerStatus } from "./customer.model.js";
import type { CustomerRecord, CustomerTarget, MissingReferences, References } from "./customer-store.model.js";

/** A customer that another system has kept, checked and with its tags found. */
export interface ImportedCustomer
  extends Omit<CustomerRecord, "tags" | "address" | "notes">,
    Required<ImportTimes>,
    Required<ImportAuthors> {
  readonly id: string;
  /** Without an id it gets a new one. */
  readonly address?: AddressRecord & { readonly id?: string };
  readonly notes: readonly ImportedNoteRecord[];
  readonly tags: readonly Tag[];
  readonly status: CustomerStatus;
  readonly lastAppointmentTime?: Date;
  readonly nextAppointmentTime?: Date;
}

/** The import of one customer inside one transaction; an error undoes all. */
export interface CustomerImportUnit extends NestedRecordLookup {
  /** Whether the company has a customer with this id, archived or not. */
  exists(id: string): Promise<boolean>;
  /** Whether a record with the id of this import was erased. Exact once the record is stored: that waits for an erasure. */
  isErased(): Promise<boolean>;
  missing(references: References): Promise<MissingReferences>;
  resolveTags(
    references: readonly TagReference[],
    mayCreate: boolean,
  ): Promise<TagResolution & { readonly tags: readonly Tag[] }>;
  /** Counts the customer under the quota; returns the limit when it is reached. */
  count(): Promise<number | undefined>;
  insert(customer: ImportedCustomer): Promise<void>;
}

export type RestoreOutcome =
  | { readonly kind: "restored"; readonly customer: Customer }
  | { readonly kind: "quota"; readonly companyId: string; readonly limit: number };

/** What administration does to whole customers. NOT_FOUND is thrown here. */
export interface CustomerAdminRepository {
  /** Takes the customer out of use and gives its place under the quota back; an archived one stays as it is. */
  archive(target: CustomerTarget, write: WriteContext): Promise<Customer>;
  /** Takes it back into use, if the quota has a place for it. */
  restore(target: CustomerTarget, write: WriteContext): Promise<RestoreOutcome>;
  /** Deletes the customer with all it has, and the lead it once was, and what names them elsewhere (docs/erasure.md). */
  erase(target: CustomerTarget, write: WriteContext): Promise<void>;
  /**
   * Runs `work` unless the claim has an earlier answer, and returns the customer with the id; NOT_FOUND when a replay finds
   * it outside the visibility by now.
   */
  import(
    target: CustomerTarget & { readonly companyId: string },
    write: WriteContext,
    work: (unit: CustomerImportUnit) => Promise<void>,
  ): Promise<Customer>;
}
