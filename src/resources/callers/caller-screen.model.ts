import type { AccessFilter } from "../../core/access.js";
import type { Consent } from "../../core/consent.js";
import type { ContactPhone } from "../../core/phone/contact-phone.js";
import type { CustomerStatus } from "../customers/customer.model.js";
import type { PackageItem } from "../packages/package.model.js";
import type { Pet } from "../pets/pet.model.js";
import type { CallerMatch, QueryStatus } from "./caller.model.js";
import type { VipLevel } from "./caller-profile.model.js";

/** Maximum number of pets, and of packages, that are listed with each match. */
export const maxListedRecords = 10;

/** The calling number, and where to search for it. */
export interface NumberLookup {
  /** Limited to one company. */
  readonly accessFilter: AccessFilter;
  /** E.164. */
  readonly phone: string;
}

/** A customer or lead that has the calling number, with what a receptionist sees of it. */
export interface ScreenMatch extends CallerMatch {
  readonly matchedPhone: ContactPhone;
  readonly isMainPhone: boolean;
  readonly pets: CountedList<ScreenPet>;
  /** The last entry of the consent ledger. Absent before the first one. */
  readonly consent?: Consent;
  /** Absent if it is a lead. */
  readonly ofCustomer?: {
    readonly status: CustomerStatus;
    readonly vipLevel?: VipLevel;
    readonly blacklisted: boolean;
    readonly packages: CountedList<ScreenPackage>;
    readonly nextAppointmentTime?: Date;
  };
  /** Names, "" if there is none. Absent if it is a customer. */
  readonly ofLead?: { readonly stage: string; readonly actionStatus: string };
}

/** At most `maxListedRecords` of them. */
export interface CountedList<T> {
  readonly listed: readonly T[];
  readonly count: number;
}

export type ScreenPet = Pick<Pet, "id" | "name" | "type" | "breed" | "status">;

export interface ScreenPackage {
  readonly id: string;
  readonly name: string;
  readonly remainingQuantity: number;
  /** `yyyy-MM-dd`, or `neverExpires`. */
  readonly expirationDate: string;
  readonly startTime?: Date;
  readonly endTime?: Date;
  readonly items: readonly PackageItem[];
}

export interface ScreenSearch {
  /** At most `maxListedMatches`, in the order of the contract. */
  readonly matches: readonly ScreenMatch[];
  /** Number of matches, those that are not listed included. */
  readonly matchCount: number;
}

export interface CallerScreen extends ScreenSearch {
  /** The company that was searched. */
  readonly companyId: string;
  readonly status: QueryStatus;
  /** E.164. "" if no number was given, or if it is withheld or unreadable. */
  readonly number: string;
}

export interface CallerScreenRepository {
  /** Everybody with the number. Archived customers, and archived and promoted leads, do not match. */
  findAll(lookup: NumberLookup, signal: AbortSignal): Promise<ScreenSearch>;
}
