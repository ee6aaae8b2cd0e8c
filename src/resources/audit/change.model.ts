import { enumeration, type WordOf } from "../../core/enumeration.js";
import type { Page, TimeRange } from "../../core/page.js";

/** Kinds of records in the audit log. */
export const recordKinds = enumeration(
  "CUSTOMER",
  "LEAD",
  "PET",
  "PACKAGE",
  "TAG",
  "REFERRAL_SOURCE",
  "LIFE_CYCLE",
  "ACTION_STATUS",
  "CUSTOM_FIELD",
  "PET_CODE",
  "PET_SIZE",
  "PET_TYPE",
  "PET_COAT_TYPE",
  "VIP_LEVEL",
  "EXTERNAL_API",
  "IVR_FLOW",
  "SERVICE",
  "COMPANY",
  "BUSINESS",
  "STAFF",
  "PACKAGE_TEMPLATE",
);

export type RecordKind = WordOf<typeof recordKinds>;

export interface AuditRecord {
  readonly kind: RecordKind;
  readonly id: string;
}

/** A committed change of one record. */
export interface RecordedChange {
  /** Increases over all companies, in the order in which entries are written. Must not be shown. */
  readonly number: string;
  readonly record: AuditRecord;
  readonly changedTime: Date;
  readonly version: bigint;
  readonly rpc: string;
  /** Empty for a command of the operator. */
  readonly keyId: string;
  /** Empty if the API key acted for no staff member. */
  readonly staffId: string;
  readonly requestId: string;
  /** Empty if it was not recorded, or is erased. */
  readonly clientAddress: string;
  /** Empty if the record was created, removed or erased. */
  readonly changedFields: readonly string[];
  /** The location of the record before and after the change. */
  readonly beforeBusinessId?: string;
  readonly afterBusinessId?: string;
  /** The other record of a promotion or of a merge. */
  readonly related?: AuditRecord;
}

/** What a change must be to be listed. Absent = not filtered. */
export interface ChangeFilter {
  readonly companyId: string;
  readonly record?: AuditRecord;
  readonly keyId?: string;
  readonly staffId?: string;
  readonly changedTime?: TimeRange;
}

/** The position of a page: `after.id` is the number of a change. */
export interface ChangeQuery {
  readonly filter: ChangeFilter;
  /** Only changes of records that were at one of these locations before or after. Absent = the whole company. */
  readonly businessIds?: readonly string[];
  readonly page: Page;
}

export interface ChangeRepository {
  /** Newest first. Returns one row more than the page size if there is a next page. */
  list(query: ChangeQuery, signal: AbortSignal): Promise<readonly RecordedChange[]>;
}
