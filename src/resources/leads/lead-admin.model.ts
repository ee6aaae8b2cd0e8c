import type { NestedRecordLookup } from "../../core/nested-records.js";
import type { ImportAuthors, ImportTimes } from "../../core/record-import.js";
import type { WriteContext } from "../../core/write.js";
import type { ImportedPetRecord } from "../pets/nested-import.model.js";
import type { Lead } from "./lead.model.js";
import type { LeadRecord, LeadReferences, LeadTarget, MissingLeadReferences } from "./lead-store.model.js";

/** A validated lead migrated from another system. */
export interface ImportedLead extends Omit<LeadRecord, "pets">, Required<ImportTimes>, Required<ImportAuthors> {
  readonly pets: readonly ImportedPetRecord[];
}

/** The import of one lead within a transaction. An error rolls it back. */
export interface LeadImportUnit extends NestedRecordLookup {
  /** Whether the company has or had a lead with this id. Includes archived and promoted leads. */
  exists(id: string): Promise<boolean>;
  /**
   * Whether a record with the id of this import was erased. Reliable only after the record is stored, because storing
   * it waits for a concurrent erasure.
   */
  isErased(): Promise<boolean>;
  /** The same for a pet. */
  isPetErased(id: string): Promise<boolean>;
  missing(references: LeadReferences): Promise<MissingLeadReferences["references"]>;
  /** Those codes that do not exist in the company or are archived. */
  missingPetCodes(ids: readonly string[]): Promise<readonly string[]>;
  /** Stores the lead with its pets. Without a life cycle stage it gets the default of the company. */
  insert(lead: ImportedLead): Promise<void>;
}

/** Storage of lead administration. Methods throw NOT_FOUND and LEAD_PROMOTED. */
export interface LeadAdminRepository {
  /** Archives or restores the lead. Does nothing if the state is already as requested. */
  setArchived(target: LeadTarget, archived: boolean, write: WriteContext): Promise<Lead>;
  /** Erases the lead with its pets, and references in other records (docs/erasure.md). */
  erase(target: LeadTarget, write: WriteContext): Promise<void>;
  /**
   * Runs `work` unless this is a replay, and returns the lead. Throws NOT_FOUND if a replay finds it outside the access
   * filter.
   */
  import(
    target: LeadTarget & { readonly companyId: string },
    write: WriteContext,
    work: (unit: LeadImportUnit) => Promise<void>,
  ): Promise<Lead>;
}
