import type { AccessFilter } from "../../core/access.js";
import type { Address } from "../../core/address.js";
import { enumeration, type WordOf } from "../../core/enumeration.js";
import type { ContactPhone } from "../../core/phone/contact-phone.js";
import type { WriteContext } from "../../core/write.js";
import type { FieldOption, FieldType } from "../custom-fields/custom-field.model.js";
import type { Customer, CustomerTarget } from "../customers/customer.model.js";
import type { Lead } from "../leads/lead.model.js";
import type { Tag } from "../setting-lists/tag.model.js";
import type { AccountKind, AnswerFactKey, CallerProfile, Gender, ProfileValues } from "./caller-profile.model.js";

export const callerKinds = enumeration("CUSTOMER", "LEAD");

export type CallerKind = WordOf<typeof callerKinds>;

/** The values to look up, at least one. A customer or lead must match all of them. Leads have no accounts. */
export interface CallerLookup {
  /** Limited to one company. */
  readonly accessFilter: AccessFilter;
  readonly id?: string;
  /** E.164. */
  readonly phone?: string;
  /** Case-folded. */
  readonly emailKey?: string;
  readonly accountId?: string;
  /** Whether a customer is wanted as a whole. Leads always are. */
  readonly needsRecord: boolean;
}

/** An active custom field of customers. */
export interface AnsweredField {
  readonly id: string;
  readonly code: string;
  readonly type: FieldType;
  readonly options: readonly FieldOption[];
}

/** A customer or lead that matches. */
export interface CallerMatch {
  readonly kind: CallerKind;
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string;
  /** E.164, or "". */
  readonly phone: string;
  /** The phone that was asked for. Absent if none was. */
  readonly matchedPhone?: ContactPhone;
}

/** Maximum number of matches that are listed. */
export const maxListedMatches = 20;

/** What the response contains of a customer as values. Empty strings mean unknown. */
export interface CallerCustomer
  extends Pick<Customer, "id" | "firstName" | "lastName" | "phone" | "email" | "customFields"> {
  readonly tags: readonly Pick<Tag, "id" | "name" | "group">[];
  readonly sourceName: string;
  /** The newest note. */
  readonly remark: string;
  /** Of the primary address. */
  readonly place?: Pick<Address, "country" | "state" | "city">;
}

/** The first match, with everything that the response contains. */
export type Caller = { readonly staffName: string } & (
  | {
      readonly kind: "CUSTOMER";
      readonly customer: CallerCustomer;
      readonly profile: ProfileValues;
      /** Present if the lookup needs it. */
      readonly record?: Customer;
    }
  | { readonly kind: "LEAD"; readonly lead: Lead }
);

export interface CallerSearch {
  /** Absent if nothing matches. */
  readonly caller?: Caller;
  /** In the order of `matchesStatement`. */
  readonly matches: readonly CallerMatch[];
  /** Number of matches, those that are not listed included. */
  readonly matchCount: number;
  /** The active custom fields of customers, in their order. */
  readonly fields: readonly AnsweredField[];
}

/** How a query ended. */
export const queryStatuses = enumeration("FOUND", "UNKNOWN", "WITHHELD", "UNREADABLE");

export type QueryStatus = WordOf<typeof queryStatuses>;

export interface CallerAnswer {
  /** The company that was searched. */
  readonly companyId: string;
  /**
   * - FOUND: a customer or lead matches
   * - WITHHELD: nobody was found, and the caller withheld the number
   * - UNREADABLE: a value cannot be an id, phone number, email address or account id
   * - UNKNOWN: nobody matches, or nothing was asked
   */
  readonly status: QueryStatus;
  /** The phone number as understood, in E.164. "" if none was given, or it is withheld or unreadable. */
  readonly number: string;
  /** Absent if nobody was found. */
  readonly caller?: Caller;
  /**
   * The documented keys with their own names, and custom fields by id. Every key is present; "" means unknown. Without a
   * caller all values are "", and only a client that needs the keys gets them.
   */
  readonly values: Readonly<Record<string, string>>;
  /** The rest of the answer as text. */
  readonly facts: Readonly<Record<AnswerFactKey, string>>;
  /** The caller first. At most `maxListedMatches`. */
  readonly matches: readonly CallerMatch[];
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
  /** Archived customers, and archived and promoted leads, do not match. */
  find(lookup: CallerLookup, signal: AbortSignal): Promise<CallerSearch>;
  /** Ids of the active custom fields of customers, in their order. */
  fieldIds(companyId: string, signal: AbortSignal): Promise<readonly string[]>;
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
