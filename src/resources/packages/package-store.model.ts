import type { Money } from "../../core/money.js";
import type { Page } from "../../core/page.js";
import type { WriteContext } from "../../core/write.js";
import type { LedgerEntry, NewLedgerEntry, Package, PackageDetail } from "./package.model.js";

/** A package to record as sold, checked but for what only the database knows: references, ids and its clock. */
export interface PackageSale {
  readonly companyId: string;
  /** The locations whose customers the key sees; absent = all of the company. */
  readonly businessIds?: readonly string[];
  /** The id to keep; absent = a new one. */
  readonly id?: string;
  readonly customerId: string;
  readonly businessId: string;
  readonly staffId?: string;
  readonly name: string;
  readonly description: string;
  readonly price: Money;
  /** Absent = now. */
  readonly purchaseTime?: Date;
  readonly startTime?: Date;
  readonly endTime?: Date;
  /** `yyyy-MM-dd`. */
  readonly expirationDate: string;
  readonly lines: readonly PackageSaleLine[];
}

export interface PackageSaleLine {
  /** The id to keep; absent = a new one. */
  readonly id?: string;
  readonly services: readonly { readonly serviceId: string; readonly unitPrice?: Money }[];
  readonly quantity: number;
}

/** What the company lacks, or has archived. */
export interface MissingPackageReferences {
  readonly references: readonly ("customerId" | "businessId" | "staffId")[];
  readonly serviceIds: readonly string[];
}

export type SaleOutcome =
  | { readonly kind: "sold"; readonly detail: PackageDetail }
  | { readonly kind: "refused"; readonly missing: MissingPackageReferences; readonly purchasedInFuture: boolean };

/** The package that a call names. */
export interface PackageTarget {
  readonly companyId: string;
  /** The locations of the key; absent = the whole company. */
  readonly businessIds?: readonly string[];
  readonly id: string;
}

export interface PackageQuery {
  readonly companyId: string;
  /** Those that are absent, or outside the reach below, are passed over. */
  readonly customerIds: readonly string[];
  /** The key's own locations; absent = the whole company. */
  readonly reachIds?: readonly string[];
  /** Locations asked for; absent = any. */
  readonly businessIds?: readonly string[];
  readonly excludeExpired: boolean;
  /** Only the withdrawn ones, or only the others; absent = both. */
  readonly deleted?: boolean;
  readonly page: Page;
}

export interface PackageDetailQuery extends Omit<PackageTarget, "id"> {
  readonly ids: readonly string[];
  readonly page: Page;
}

/** How much of a redemption was given back. */
export interface Redemption {
  readonly lineId: string;
  /** Units redeemed, above zero. */
  readonly quantity: number;
  /** Units that refunds of this redemption gave back. */
  readonly refunded: number;
}

/** One package under lock, inside one transaction. */
export interface PackageTransaction {
  /** The locked state. */
  readonly detail: PackageDetail;
  /** Timestamp of the change, by the clock of the database. */
  readonly now: Date;
  /** IANA zone id of the company, in which the last day of the package is judged. */
  timeZone(): Promise<string>;
  /** A redemption of this package. */
  findRedemption(entryId: string): Promise<Redemption | undefined>;
  /** Units of a line that were redeemed and not given back, by refunds of whatever kind. */
  redeemedUnits(lineId: string): Promise<number>;
}

/** What becomes of a package. */
export type PackageEffect =
  | { readonly kind: "append"; readonly entry: NewLedgerEntry }
  | { readonly kind: "withdraw" }
  | { readonly kind: "restore" }
  | { readonly kind: "nothing" };

export interface ChangedPackage {
  readonly detail: PackageDetail;
  /** What an append added. */
  readonly entry?: LedgerEntry;
}

export interface PackageRepository {
  /** One row more than the page's size tells that there is a next page. */
  list(query: PackageQuery, signal: AbortSignal): Promise<readonly Package[]>;
  /** A page of the packages named, and all ids that name none. */
  listDetails(
    query: PackageDetailQuery,
    signal: AbortSignal,
  ): Promise<{ readonly details: readonly PackageDetail[]; readonly missingIds: readonly string[] }>;
  /** Newest first; undefined when there is no such package. */
  listLedger(target: PackageTarget, page: Page, signal: AbortSignal): Promise<readonly LedgerEntry[] | undefined>;
  /** Stores a package with the ledger of its sale. ALREADY_EXISTS is thrown here. */
  sell(sale: PackageSale, write: WriteContext): Promise<SaleOutcome>;
  /**
   * Locks the package, lets `decide` say what becomes of it and stores that; a replay answers without it. NOT_FOUND is
   * thrown here.
   */
  change(
    target: PackageTarget,
    write: WriteContext,
    decide: (unit: PackageTransaction) => Promise<PackageEffect>,
  ): Promise<ChangedPackage>;
}
