import type { Money } from "../../core/money.js";

/** A package that a customer bought (document 003). */
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
  /** `yyyy-MM-dd`; `neverExpires` = never. */
  readonly expirationDate: string;
  readonly deleted: boolean;
  /** Whether a unit was redeemed, be it given back since or not. */
  readonly used: boolean;
  /** Whether a redemption named an appointment or an order. */
  readonly applied: boolean;
  /** Units left over all lines. */
  readonly remainingQuantity: number;
  readonly createdTime: Date;
  readonly lastUpdatedTime: Date;
  readonly version: bigint;
}

export const neverExpires = "9999-01-01";

/** One line of a package: units that may be spent on any of its services. */
export interface PackageItem {
  readonly id: string;
  readonly services: readonly PackagedService[];
  readonly totalQuantity: number;
  /** The sum of the line's ledger. */
  readonly remainingQuantity: number;
}

/** A service as it was when the package was sold. */
export interface PackagedService {
  readonly serviceId: string;
  readonly name: string;
  /** Absent when the catalogue named none. */
  readonly unitPrice?: Money;
}

export interface PackageDetail extends Package {
  readonly lines: readonly PackageItem[];
}

/** What changes the units left of a line. */
export type LedgerKind = "SALE" | "REDEMPTION" | "REFUND" | "ADJUSTMENT";

/** One change of the units left of one line, before it is stored. */
export interface NewLedgerEntry {
  readonly lineId: string;
  readonly kind: LedgerKind;
  /** Signed: a redemption is below zero. */
  readonly quantity: number;
  /** The redemption that a refund gives back. */
  readonly refundedId?: string;
  readonly appointmentId: string;
  readonly orderId: string;
  readonly note: string;
  /** When the units of a redemption were used; absent = when it is written. */
  readonly redeemedTime?: Date;
}

export interface LedgerEntry extends NewLedgerEntry {
  readonly id: string;
  readonly packageId: string;
  readonly staffId: string;
  readonly createdTime: Date;
}
