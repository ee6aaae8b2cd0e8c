import type { AccessFilter } from "../../core/access.js";
import type { CompanyResource } from "../../core/company-resource.js";
import { enumeration, type WordOf } from "../../core/enumeration.js";
import type { Page } from "../../core/page.js";

export interface LifeCycle {
  readonly id: string;
  readonly name: string;
  readonly isDefault: boolean;
  readonly archived: boolean;
}

export interface ActionStatus {
  readonly id: string;
  readonly name: string;
  readonly color: string;
  readonly archived: boolean;
}

export const leadHistoryKinds = enumeration("LIFE_CYCLE", "ACTION_STATUS");

/** A stage or an action status that a lead had. */
export interface LeadHistoryEntry {
  readonly id: string;
  readonly kind: WordOf<typeof leadHistoryKinds>;
  /** At most one of them, according to the kind. Absent for the time in which the lead had none. */
  readonly lifeCycle?: LifeCycle;
  readonly actionStatus?: ActionStatus;
  readonly startedTime: Date;
  /** Absent while it applies. */
  readonly endedTime?: Date;
  /** Until now if it applies. */
  readonly durationMs: number;
  /** Staff id. Empty means unknown. */
  readonly startedBy: string;
}

/** What a promoted lead leaves on its customer. */
export interface LeadSummary {
  readonly lifeCycle?: LifeCycle;
  readonly actionStatus?: ActionStatus;
  readonly createdTime: Date;
  readonly createdBy: string;
  /** Newest first, limited in number. */
  readonly history: readonly LeadHistoryEntry[];
}

/** A lead, or the customer that it was promoted to. */
export interface LeadHistorySubject extends CompanyResource {
  readonly kind: "customer" | "lead";
}

export interface LeadHistoryRepository {
  /** The lead of the subject. Null for a customer that was created directly, undefined if the subject is not found. */
  findLead(
    subject: LeadHistorySubject,
    accessFilter: AccessFilter,
    signal: AbortSignal,
  ): Promise<string | null | undefined>;
  /** Newest first. Returns one row more than the page size if there is a next page. */
  list(lead: CompanyResource, page: Page, signal: AbortSignal): Promise<readonly LeadHistoryEntry[]>;
}
