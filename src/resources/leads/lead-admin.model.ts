import type { NestedRecordLookup } from "../../core/nested-records.js";
import type { ImportAuthors, ImportTimes } from "../../core/record-import.js";
import type { WriteContext } from "../../core/write.js";
import type { ImportedPetRecord } from "../pets/nested-import.model.js";
import type { Lead } from "./lead.model.js";
import type { LeadRecord, LeadReferences, LeadTarget, MissingLeadReferences } from "./lead-store.model.js";

/** A lead that another system has kept, checked. */
export interface ImportedLead extends Omit<LeadRecord, "pets">, Required<ImportTimes>, Required<ImportAuthors> {
  readonly pets: readonly ImportedPetRecord[];
}

/** The import of one lead inside one transaction; an error undoes all. */
export interface LeadImportUnit extends NestedRecordLookup {
  /** Whether the company has or had a lead with this id: archived or promoted. */
  exists(id: string): Promise<boolean>;
  /** Whether a record with the id of this import was erased. Exact once the record is stored: that waits for an erasure. */
  isErased(): Promise<boolean>;
  /** The same of a pet. */
  isPetErased(id: string): Promise<boolean>;
  missing(references: LeadReferences): Promise<MissingLeadReferences["references"]>;
  /** Which of these codes do not exist in the company or are archived there. */
  missingPetCodes(ids: readonly string[]): Promise<readonly string[]>;
  /** Stores the lead with its pets; without a stage it takes the company's default. */
  insert(lead: ImportedLead): Promise<void>;
}

/** What administration does to whole leads. NOT_FOUND and LEAD_PROMOTED are thrown here. */
export interface LeadAdminRepository {
  /** Takes the lead out of use, or back into use; one that is there already stays as it is. */
  setArchived(target: LeadTarget, archived: boolean, write: WriteContext): Promise<Lead>;
  /** Deletes the lead with its pets, and what names them elsewhere (docs/erasure.md). */
  erase(target: LeadTarget, write: WriteContext): Promise<void>;
  /**
   * Runs `work` unless the claim has an earlier answer, and returns the lead with the id; NOT_FOUND when a replay finds it
   * outside the visibility by now.
   */
  import(
    target: LeadTarget & { readonly companyId: string },
    write: WriteContext,
    work: (unit: LeadImportUnit) => Promise<void>,
  ): Promise<Lead>;
}
