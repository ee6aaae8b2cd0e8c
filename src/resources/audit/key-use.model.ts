import type { Page, TimeRange } from "../../core/page.js";
import type { AuditRecord } from "./change.model.js";

/** A stored read of personal data. */
export interface KeyUse {
  readonly id: string;
  readonly usedTime: Date;
  readonly keyId: string;
  readonly rpc: string;
  readonly requestId: string;
  /** Empty if it was not recorded, or is erased. */
  readonly clientAddress: string;
  readonly records: readonly AuditRecord[];
  /** By table; empty unless it is an export. */
  readonly exportedRows: Readonly<Record<string, number>>;
  /** Last use of the key by any RPC. Absent if it was never used, or has access to other companies. */
  readonly keyLastUsedTime?: Date;
}

/** What a read must be to be listed. Absent = not filtered. */
export interface KeyUseFilter {
  readonly companyId: string;
  readonly keyId?: string;
  readonly record?: AuditRecord;
  readonly usedTime?: TimeRange;
}

export interface KeyUseQuery {
  readonly filter: KeyUseFilter;
  readonly page: Page;
}

export interface KeyUseRepository {
  /** Newest first. Returns one row more than the page size if there is a next page. */
  list(query: KeyUseQuery, signal: AbortSignal): Promise<readonly KeyUse[]>;
}
