import type { AccessFilter } from "../../core/access.js";
import type { WriteContext } from "../../core/write.js";
import type { FieldOption, FieldType } from "../custom-fields/custom-field.model.js";
import type { Customer, CustomerTarget } from "../customers/customer.model.js";
import type { AccountKind, CallerProfile, Gender } from "./caller-profile.model.js";

/** The values to look up, at least one. A customer must match all of them. */
export interface CallerLookup {
  /** Limited to one company. */
  readonly accessFilter: AccessFilter;
  readonly id?: string;
  /** E.164. */
  readonly phone?: string;
  /** Case-folded. */
  readonly emailKey?: string;
  readonly accountId?: string;
}

/** An active custom field of customers. */
export interface AnsweredField {
  readonly id: string;
  readonly code: string;
  readonly type: FieldType;
  readonly options: readonly FieldOption[];
}

export interface FoundCaller {
  readonly customer: Customer;
  readonly profile: CallerProfile;
  /** "" if nobody is assigned. */
  readonly staffName: string;
  readonly fields: readonly AnsweredField[];
  /** Number of matching customers. */
  readonly matchCount: number;
}

/** The fields that a change writes. Absent fields are unchanged, null removes. */
export interface ProfileChange {
  readonly nickname?: string;
  readonly gender?: Gender;
  readonly vipLevelId?: string | null;
  readonly blacklisted?: boolean;
  readonly enterpriseName?: string;
  readonly visitorIds?: readonly string[];
  readonly assignedStaffId?: string | null;
}

/** References of a change that do not exist in the company or are archived. */
export type MissingProfileReference = "vipLevelId" | "assignedStaffId";

/** The profile of a locked customer within a transaction. */
export interface ProfileTransaction {
  readonly profile: CallerProfile;
  missing(references: {
    readonly vipLevelId?: string;
    readonly assignedStaffId?: string;
  }): Promise<readonly MissingProfileReference[]>;
  save(change: ProfileChange): Promise<void>;
  /**
   * Undefined if the account is now linked to this customer. Otherwise the customer that has it, with `visible` if the
   * principal can access it.
   */
  link(kind: AccountKind, accountId: string): Promise<AccountHolder | undefined>;
  unlink(kind: AccountKind): Promise<void>;
  /**
   * Declares that nothing changes: version, time and actor of the customer are unchanged, and no audit log entry is
   * written.
   */
  skipUpdate(): void;
}

export interface AccountHolder {
  readonly customerId: string;
  readonly visible: boolean;
}

export interface CallerRepository {
  /** The most recently updated match; of several the one with the smallest id. Archived customers do not match. */
  find(lookup: CallerLookup, signal: AbortSignal): Promise<FoundCaller | undefined>;
  /** Undefined if the principal cannot access the customer. */
  getProfile(target: CustomerTarget, signal: AbortSignal): Promise<CallerProfile | undefined>;
  /**
   * Runs `work` on the locked customer and increments its version. Replays read the current profile. Throws NOT_FOUND
   * and RESOURCE_ARCHIVED.
   */
  change(
    target: CustomerTarget,
    write: WriteContext,
    work: (unit: ProfileTransaction) => Promise<void>,
  ): Promise<CallerProfile>;
}
