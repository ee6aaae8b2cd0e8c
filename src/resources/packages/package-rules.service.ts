import { archivedError, DomainError, invalidRequest, throwIfInvalid, type Violation } from "../../core/errors.js";
import { isErasedId } from "../../core/ids.js";
import type { NewLedgerEntry, PackageDetail, PackageEffect, PackageItem, PackageState } from "./package.model.js";
import { isInForce } from "./package-validity.model.js";

export interface Redeem {
  readonly lineId: string;
  /** 1 or more. */
  readonly quantity: number;
  readonly appointmentId: string;
  readonly orderId: string;
  readonly note: string;
  /** When the units were used. Absent means now. */
  readonly redeemedTime?: Date;
}

/** A refund of units of one redemption, or of any units of one item. */
export type Refund = { readonly note: string } & (
  | {
      readonly entryId: string;
      readonly lineId?: string;
      /** Absent means all units that were not refunded yet. */
      readonly quantity?: number;
    }
  | { readonly entryId?: undefined; readonly lineId: string; readonly quantity: number }
);

export interface Adjust {
  readonly lineId: string;
  /** Signed, never 0. */
  readonly change: number;
  readonly reason: string;
}

export interface Grant {
  readonly lineId: string;
  /** 1 or more. */
  readonly quantity: number;
  readonly reason: string;
}

/** Redeems units of an item, if the package is valid at that time and its customer was not erased. */
export function redeem(unit: PackageState, { quantity, ...request }: Redeem): PackageEffect {
  const { detail } = unit;
  const { lineId, appointmentId, orderId, note, redeemedTime } = request;
  const untimely = timeViolations(unit, redeemedTime);
  if (untimely.length > 0) throw invalidRequest([...lineViolations(unit, lineId), ...untimely]);
  const line = ownedLine(unit, lineId);
  const moment = { at: redeemedTime ?? unit.now, timeZone: unit.timeZone };
  if (!isInForce(detail, moment)) throw notInForce(detail);
  const entry = { lineId, kind: "REDEMPTION", quantity: -quantity, appointmentId, orderId, note } as const;
  return append(line, { ...entry, ...(redeemedTime ? { redeemedTime } : {}) });
}

/** The error contains the validity period of the package. */
export function notInForce(detail: PackageDetail): DomainError {
  const { id, startTime, endTime, expirationDate, frozenTime } = detail;
  return new DomainError("PACKAGE_NOT_IN_FORCE", "The package is not valid at that time.", {
    metadata: {
      ...{ packageId: id, expirationDate },
      ...(startTime ? { startTime: startTime.toISOString() } : {}),
      ...(endTime ? { endTime: endTime.toISOString() } : {}),
      ...(frozenTime ? { frozenTime: frozenTime.toISOString() } : {}),
    },
  });
}

function timeViolations({ detail, now }: PackageState, time: Date | undefined): Violation[] {
  const field = "redeemed_time";
  if (!time) return [];
  if (time > now) return [{ field, reason: "OUT_OF_RANGE", description: "Must not be in the future." }];
  if (time >= detail.purchaseTime) return [];
  return [{ field, reason: "CONFLICT", description: "Must not be before purchase_time." }];
}

/**
 * Refunds units, at most as many as were redeemed by the redemption and on the item. Still possible after the customer
 * was erased, so that balances can be corrected, but without a note, because it could name the person.
 */
export function refund(unit: PackageState, given: Refund): PackageEffect {
  const nothingNamed = { appointmentId: "", orderId: "", note: given.note, kind: "REFUND" as const };
  const remarks = remarkViolations(unit, given);
  if (given.entryId === undefined) {
    const { lineId, quantity } = given;
    throwIfInvalid([...lineViolations(unit, lineId), ...remarks]);
    const line = usableLine(unit, lineId);
    if (quantity > unit.redeemedUnits(lineId)) throw balanceExceeded(line, quantity);
    return append(line, { ...nothingNamed, lineId, quantity });
  }
  const { entryId } = given;
  const { redemption } = unit;
  if (!redemption) throw invalidRequest([noSuchRedemption, ...remarks]);
  const { lineId } = redemption;
  const isAnother = given.lineId !== undefined && given.lineId !== lineId;
  throwIfInvalid([...(isAnother ? [anotherLine(unit, given.lineId)] : []), ...remarks]);
  const line = usableLine(unit, lineId);
  // Units of this redemption may have been refunded without naming it.
  const refundable = Math.min(redemption.quantity - redemption.refunded, unit.redeemedUnits(lineId));
  const quantity = given.quantity ?? refundable;
  if (quantity > refundable || quantity === 0) {
    throw new DomainError("LEDGER_ENTRY_REFUNDED", "The redemption has fewer refundable units than requested.", {
      metadata: { ledgerEntryId: entryId, refundableQuantity: String(refundable) },
    });
  }
  return append(line, { ...nothingNamed, lineId, quantity, refundedId: entryId });
}

/**
 * Adjusts the remaining units of an item. The reason is free text, so adjustments are not possible after the customer
 * was erased.
 */
export function adjust(unit: PackageState, { lineId, change, reason }: Adjust): PackageEffect {
  const line = ownedLine(unit, lineId);
  const nothingNamed = { appointmentId: "", orderId: "" };
  return append(line, { ...nothingNamed, lineId, kind: "ADJUSTMENT", quantity: change, note: reason });
}

/** Gives units on top of what was bought. */
export function grant(unit: PackageState, { lineId, quantity, reason }: Grant): PackageEffect {
  const line = ownedLine(unit, lineId);
  if (capacityOf(line) + quantity > maxCapacity) throw invalidRequest([tooManyUnits]);
  const nothingNamed = { appointmentId: "", orderId: "" };
  return { kind: "append", entry: { ...nothingNamed, lineId, kind: "GOODWILL", quantity, note: reason } };
}

export function withdraw({ detail }: PackageState): PackageEffect {
  return { kind: detail.deleted ? "nothing" : "withdraw" };
}

export function restore({ detail }: PackageState): PackageEffect {
  return { kind: detail.deleted ? "restore" : "nothing" };
}

function lineViolations({ detail }: PackageState, lineId: string): Violation[] {
  return detail.lines.some(({ id }) => id === lineId) ? [] : [noSuchLine];
}

function usableLine({ detail }: PackageState, lineId: string): PackageItem {
  const line = detail.lines.find(({ id }) => id === lineId);
  if (!line) throw invalidRequest([noSuchLine]);
  if (detail.deleted) throw archivedError("Package", detail.id);
  return line;
}

/** An item of a package whose customer was not erased. */
function ownedLine(unit: PackageState, lineId: string): PackageItem {
  const line = usableLine(unit, lineId);
  requireOwner(unit);
  return line;
}

/** Throws unless the package can change and its customer was not erased. */
export function requireUsable(unit: Pick<PackageState, "detail">): void {
  if (unit.detail.deleted) throw archivedError("Package", unit.detail.id);
  requireOwner(unit);
}

function requireOwner({ detail: { id, customerId } }: Pick<PackageState, "detail">): void {
  if (!isErasedId(customerId)) return;
  throw new DomainError("RESOURCE_ERASED", "The customer of this package was permanently erased.", {
    metadata: { resource: "Package", id },
  });
}

/** After an erasure, no text about the customer may be stored. */
function remarkViolations({ detail }: PackageState, { note }: Refund): Violation[] {
  if (note === "" || !isErasedId(detail.customerId)) return [];
  return [{ field: "note", reason: "NOT_ALLOWED", description: "Must be empty: the customer was erased." }];
}

function append(line: PackageItem, entry: NewLedgerEntry): PackageEffect {
  const left = line.remainingQuantity + entry.quantity;
  if (left < 0 || left > capacityOf(line)) throw balanceExceeded(line, entry.quantity);
  return { kind: "append", entry };
}

/** The most units that can remain: bought or given, and not moved elsewhere. */
function capacityOf({ totalQuantity, goodwillQuantity, movedQuantity }: PackageItem): number {
  return totalQuantity + goodwillQuantity - movedQuantity;
}

const maxCapacity = 10_000_000;

const tooManyUnits: Violation = {
  field: "quantity",
  reason: "OUT_OF_RANGE",
  description: "Must not raise the units of the item above 10,000,000.",
};

export function balanceExceeded({ id, remainingQuantity, totalQuantity }: PackageItem, change: number): DomainError {
  const why = change < 0 ? ", fewer than requested" : "; the request would add more than were used";
  return new DomainError(
    "PACKAGE_BALANCE_EXCEEDED",
    `The item has ${remainingQuantity} of ${totalQuantity} units left${why}.`,
    {
      metadata: {
        packageServiceId: id,
        remainingQuantity: String(remainingQuantity),
        totalQuantity: String(totalQuantity),
      },
    },
  );
}

const noSuchRedemption = notFoundAt("ledger_entry_id", "Must be a redemption of this package.");

const noSuchLine = notFoundAt("package_service_id", "Not found in this package.");

function anotherLine({ detail }: PackageState, lineId: string): Violation {
  if (!detail.lines.some(({ id }) => id === lineId)) return noSuchLine;
  return {
    field: "package_service_id",
    reason: "CONFLICT",
    description: "Must be the item of the redemption.",
  };
}

function notFoundAt(field: string, description: string): Violation {
  return { field, reason: "NOT_FOUND", description };
}
