import type { AccessFilter } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { FieldOption } from "../custom-fields/custom-field.model.js";
import type { FieldType } from "../custom-fields/custom-field-values.model.js";
import type { Customer } from "../customers/customer.model.js";
import type { CustomerTarget } from "../customers/customer-store.model.js";
import type { AccountKind, CallerProfile, Gender } from "./caller-profile.model.js";

/** What is asked; everything given must match one customer. At least one is given. */
export interface CallerLookup {
  /** Of one company. */
  readonly accessFilter: AccessFilter;
  readonly id?: string;
  /** E.164. */
  readonly phone?: string;
  /** Case-folded. */
  readonly emailKey?: string;
  readonly accountId?: string;
}

/** A field of customers that is in use. */
export interface AnsweredField {
  readonly id: string;
  readonly code: string;
  readonly type: FieldType;
  readonly options: readonly FieldOption[];
}

export interface FoundCaller {
  readonly customer: Customer;
  readonly profile: CallerProfile;
  /** "" = nobody is assigned. */
  readonly staffName: string;
  readonly fields: readonly AnsweredField[];
  /** How many customers match. */
  readonly matchCount: number;
}

/** What a change writes; absent = kept, null = taken away. */
export interface ProfileChange {
  readonly nickname?: string;
  readonly gender?: Gender;
  readonly vipLevelId?: string | null;
  readonly blacklisted?: boolean;
  readonly enterpriseName?: string;
  readonly visitorIds?: readonly string[];
  readonly assignedStaffId?: string | null;
}

/** Which references of a change do not exist in the company, or are archived there. */
export type MissingProfileReference = "vipLevelId" | "assignedStaffId";

/** The profile of one locked customer inside one transaction. */
export interface ProfileTransaction {
  readonly profile: CallerProfile;
  missing(references: {
    readonly vipLevelId?: string;
    readonly assignedStaffId?: string;
  }): Promise<readonly MissingProfileReference[]>;
  save(change: ProfileChange): Promise<void>;
  /** Undefined once the account is the customer's; else the customer that has it, `visible` when the caller sees it. */
  link(kind: AccountKind, accountId: string): Promise<AccountHolder | undefined>;
  unlink(kind: AccountKind): Promise<void>;
  /** The work changes nothing after all: version, time and author of the customer stay, and nothing is recorded. */
  skipUpdate(): void;
}

export interface AccountHolder {
  readonly customerId: string;
  readonly visible: boolean;
}

export interface CallerRepository {
  /** The match that was updated last, then the one with the smallest id; archived customers never match. */
  find(lookup: CallerLookup, signal: AbortSignal): Promise<FoundCaller | undefined>;
  /** Undefined when the caller sees no such customer. */
  getProfile(target: CustomerTarget, signal: AbortSignal): Promise<CallerProfile | undefined>;
  /**
   * Runs `work` under the customer's lock and gives the customer a new version; replays of the claim read the profile as
   * it is. NOT_FOUND and RESOURCE_ARCHIVED are thrown here.
   */
  change(
    target: CustomerTarget,
    write: WriteContext,
    work: (unit: ProfileTransaction) => Promise<void>,
  ): Promise<CallerProfile>;
}
