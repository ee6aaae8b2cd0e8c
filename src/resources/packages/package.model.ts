import type { Listed } from "../../core/departure.js";
import { enumeration, type WordOf } from "../../core/enumeration.js";
import type { ExternalId } from "../../core/external-id.js";
import type { Money } from "../../core/money.js";
import type { Page, TimeRange } from "../../core/page.js";
import type { WriteContext } from "../../core/write.js";
import type { RequestedSale, SaleFacts, SoldPackage } from "./package-sale.model.js";

/** A package that a customer bought. */
export interface Package {
  readonly companyId: string;
  readonly id: string;
  readonly customerId: string;
  readonly businessId: string;
  readonly staffId?: string;
  readonly name: string;
  readonly description: string;
  readonly price: Money;
  readonly purchaseTime: Date;
  readonly startTime?: Date;
  readonly endTime?: Date;
  /** `yyyy-MM-dd`, or `neverExpires`. */
  readonly expirationDate: string;
  readonly deleted: boolean;
  /** Since when the package is frozen. Absent if it is not. */
  readonly frozenTime?: Date;
  /** The package whose units this one was made of. */
  readonly movedFromId?: string;
  /** The template that the package was sold from. */
  readonly templateId?: string;
  readonly externalIds: readonly ExternalId[];
  /** Whether units can be redeemed now, if any are left. See `isInForce`. */
  readonly inForce: boolean;
  /** Whether a unit was ever redeemed, even if it was refunded later. */
  readonly used: boolean;
  /** Whether a redemption contains an appointment or an order. */
  readonly applied: boolean;
  /** Remaining units of all items. */
  readonly remainingQuantity: number;
  readonly createdTime: Date;
  readonly lastUpdatedTime: Date;
  readonly version: bigint;
}

export const packageStatuses = enumeration("NORMAL", "DELETED");

export const neverExpires = "9999-01-01";

/** An item of a package: units that can be used for any of its services. */
export interface PackageItem {
  readonly id: string;
  readonly services: readonly PackagedService[];
  readonly totalQuantity: number;
  /** Units that were given on top. */
  readonly goodwillQuantity: number;
  /** Units that were moved to other packages. */
  readonly movedQuantity: number;
  /** The sum of the ledger entries of the item. */
  readonly remainingQuantity: number;
}

/** A catalog service as of the sale of the package. */
export interface PackagedService {
  readonly serviceId: string;
  readonly name: string;
  /** Absent if the service had no price. */
  readonly unitPrice?: Money;
}

export interface PackageDetail extends Package {
  readonly lines: readonly PackageItem[];
}

export const ledgerKinds = enumeration(
  "SALE",
  "REDEMPTION",
  "REFUND",
  "ADJUSTMENT",
  "GOODWILL",
  "MOVE",
  "EXTENSION",
  "FREEZE",
  "THAW",
);

export type LedgerKind = WordOf<typeof ledgerKinds>;

/** A new ledger entry: a change of the remaining units of one item, or of the dates of the package. */
export interface NewLedgerEntry {
  /** Absent for a change of dates. */
  readonly lineId?: string;
  readonly kind: LedgerKind;
  /** Signed. Negative for a redemption. */
  readonly quantity: number;
  /** The redemption that is refunded. */
  readonly refundedId?: string;
  /** The package to which units were moved, or from which they came. */
  readonly movedPackageId?: string;
  /** By how many days the end of the package moved. */
  readonly days?: number;
  readonly appointmentId: string;
  readonly orderId: string;
  readonly note: string;
  /** When the redeemed units were used. Absent: when the entry was written. */
  readonly redeemedTime?: Date;
}

export interface LedgerEntry extends NewLedgerEntry {
  readonly id: string;
  readonly packageId: string;
  readonly staffId: string;
  readonly createdTime: Date;
}

/** The package that a request names. */
export interface PackageTarget {
  readonly companyId: string;
  /** The locations of the API key. Absent means the whole company. */
  readonly businessIds?: readonly string[];
  readonly id: string;
}

/** Days, `yyyy-MM-dd` in the time zone of the company, both inclusive. */
export interface ExpiryDays {
  readonly from?: string;
  readonly until?: string;
  /** From today until so many days later. The others are then absent. */
  readonly withinDays?: number;
}

export interface PackageQuery {
  readonly companyId: string;
  /** Ids that do not exist or are inaccessible are ignored. Absent means all packages of the company. */
  readonly customerIds?: readonly string[];
  /** The locations of the API key. Absent means the whole company. */
  readonly reachIds?: readonly string[];
  /** The locations of the request. Absent means any. */
  readonly businessIds?: readonly string[];
  /** Only packages that are in force now. */
  readonly inForceOnly: boolean;
  /** True: only deleted packages. False: only packages that are not deleted. Absent: both. */
  readonly deleted?: boolean;
  /** Only those that expire on one of these days. */
  readonly expires?: ExpiryDays;
  /** Remaining units of all items, inclusive. */
  readonly remaining?: { readonly least?: number; readonly most?: number };
  /** Only those that have one of these. */
  readonly externalIds?: readonly ExternalId[];
  /** By change instead of purchase, the oldest first. */
  readonly lastUpdated?: TimeRange;
  readonly page: Page;
}

export interface PackageDetailQuery extends Omit<PackageTarget, "id"> {
  readonly ids: readonly string[];
  readonly page: Page;
}

/** A redemption and how much of it was refunded. */
export interface Redemption {
  readonly lineId: string;
  /** Redeemed units, positive. */
  readonly quantity: number;
  /** Units refunded for this redemption. */
  readonly refunded: number;
}

/** What the rules of a change need. The change is stored only if the package is still as it was read. */
export interface PackageState {
  readonly detail: PackageDetail;
  /** By the clock of the database. */
  readonly now: Date;
  /** IANA time zone of the company. It determines the last valid day of the package. */
  readonly timeZone: string;
  /** The redemption that the target names, if the package has it. */
  readonly redemption?: Redemption;
  /** Units of an item that were redeemed and not refunded, whether or not the refunds named a redemption. */
  redeemedUnits(lineId: string): number;
}

/** New dates of a package. Absent: unchanged. Null: thawed. */
export interface NewDates {
  readonly expirationDate?: string;
  readonly endTime?: Date;
  readonly frozenTime?: Date | null;
}

/** The change to store. */
export type PackageEffect =
  | { readonly kind: "append"; readonly entry: NewLedgerEntry; readonly dates?: NewDates }
  | { readonly kind: "withdraw" }
  | { readonly kind: "restore" }
  | { readonly kind: "nothing" };

export interface ChangedPackage {
  readonly detail: PackageDetail;
  /** The appended entry. */
  readonly entry?: LedgerEntry;
}

/** Units of a package that become a package of another customer. */
export interface PackageMove {
  readonly target: PackageTarget;
  readonly customerId: string;
  readonly reason: string;
}

/** What of a package is moved. */
export interface MovedUnits {
  readonly line: PackageItem;
  readonly quantity: number;
}

export interface MoveSituation extends Pick<PackageState, "detail"> {
  /** Whether the customer exists, is not archived and is accessible. */
  readonly hasCustomer: boolean;
}

export interface MovedPackage {
  readonly detail: PackageDetail;
  readonly moved: PackageDetail;
}

export interface PackageRepository {
  /** Returns one row more than the page size if there is a next page. */
  list(query: PackageQuery, signal: AbortSignal): Promise<readonly Listed<Package>[]>;
  /** A page of the requested packages, and all ids that do not exist. */
  listDetails(
    query: PackageDetailQuery,
    signal: AbortSignal,
  ): Promise<{ readonly details: readonly PackageDetail[]; readonly missingIds: readonly string[] }>;
  /** Newest first. Undefined if the package does not exist. */
  listLedger(target: PackageTarget, page: Page, signal: AbortSignal): Promise<readonly LedgerEntry[] | undefined>;
  /** Stores the package that `decide` returns, with the ledger entries of its sale. Throws ALREADY_EXISTS. */
  sell(
    sale: RequestedSale,
    within: Pick<PackageTarget, "businessIds">,
    write: WriteContext,
    decide: (facts: SaleFacts, now: Date) => SoldPackage,
  ): Promise<PackageDetail>;
  /** Makes a package of the units that `decide` returns. A replay does not call `decide`. Throws NOT_FOUND. */
  move(
    move: PackageMove,
    write: WriteContext,
    decide: (situation: MoveSituation) => readonly MovedUnits[],
  ): Promise<MovedPackage>;
  /**
   * Stores the change that `decide` returns. A replay does not call `decide`, and it runs again if another request
   * changes the package at the same time. Throws NOT_FOUND.
   */
  change(
    target: PackageTarget & { readonly redemptionId?: string | undefined },
    write: WriteContext,
    decide: (state: PackageState) => PackageEffect,
  ): Promise<ChangedPackage>;
}
