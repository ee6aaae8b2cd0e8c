import { enumeration, type WordOf } from "../../core/enumeration.js";
import type { Money } from "../../core/money.js";

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

export const ledgerKinds = enumeration("SALE", "REDEMPTION", "REFUND", "ADJUSTMENT");

export type LedgerKind = WordOf<typeof ledgerKinds>;

/** A new ledger entry: a change of the remaining units of one item. */
export interface NewLedgerEntry {
  readonly lineId: string;
  readonly kind: LedgerKind;
  /** Signed. Negative for a redemption. */
  readonly quantity: number;
  /** The redemption that is refunded. */
  readonly refundedId?: string;
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
