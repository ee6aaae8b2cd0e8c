import { authorOf, sees } from "./command.js";
import type { Who } from "./companies.js";
import type { Expected } from "./learned.js";
import { archived, invalid, notFound, type Outcome, refusal } from "./outcome.js";
import { compare } from "./views.js";
import { type LedgerEntry, newId, newTime, type Package, type PackageLine, textOf, type World } from "./world.js";

/** Decisions 8: what is left is the sum of a ledger, never below zero, never above what was bought. */

export const price = { currencyCode: "USD", units: "100", nanos: 0 };
const cataloguePrice = { currencyCode: "USD", units: "40", nanos: 0 };
const serviceNames: Readonly<Record<string, string>> = { srv_1: "Wash", srv_2: "Cut" };
export const lastDay = { never: { year: 9999, month: 1, day: 1 }, past: { year: 2020, month: 2, day: 29 } };

const balanceExceeded = refusal("FAILED_PRECONDITION", "PACKAGE_BALANCE_EXCEEDED");
const notInForce = refusal("FAILED_PRECONDITION", "PACKAGE_NOT_IN_FORCE");
const alreadyRefunded = refusal("FAILED_PRECONDITION", "LEDGER_ENTRY_REFUNDED");

export function seenPackage(world: World, id: string, by: Who): Package | undefined {
  const found = world.packages.find((one) => one.id.value === id);
  return found && sees(by, found.businessId) ? found : undefined;
}

export function packageMissing(world: World, id: string, by: Who): Outcome | undefined {
  return seenPackage(world, id, by) ? undefined : notFound;
}

export function changePackage(world: World, before: Package, edit: Partial<Package>): Package {
  const after = { ...before, ...edit, lastUpdateTime: newTime(before.lastUpdateTime) };
  world.packages.splice(world.packages.indexOf(before), 1, after);
  return after;
}

type Movement = Pick<LedgerEntry, "line" | "kind" | "quantity"> &
  Partial<Pick<LedgerEntry, "appointmentId" | "refundedId" | "note">>;

/** What the change of a package answers: the package, and the entry that was written. */
export interface Moved {
  readonly package: Package;
  readonly entry: LedgerEntry;
}

function append(world: World, before: Package, { by, ...movement }: Movement & { readonly by: Who }): Moved {
  const nothingNamed = { appointmentId: "", refundedId: "", note: "" } as const;
  const entry = { ...nothingNamed, ...movement, id: newId(world, ""), by: authorOf(by), time: newTime() };
  return { package: changePackage(world, before, { ledger: [...before.ledger, entry] }), entry };
}

export interface Redemption {
  readonly id: string;
  readonly lineId: string;
  readonly quantity: number;
  readonly appointmentId: string;
  readonly by: Who;
}

export function redeem(world: World, { id, lineId, quantity, appointmentId, by }: Redemption): Moved | Outcome {
  const found = seenPackage(world, id, by);
  if (!found) return notFound;
  const line = found.lines.find((one) => one.id.value === lineId);
  if (!line) return invalid([{ field: "package_service_id", reason: "NOT_FOUND" }]);
  if (found.isWithdrawn) return archived;
  if (found.isExpired) return notInForce;
  if (quantity > unitsLeft(found, line)) return balanceExceeded;
  return append(world, found, { line, kind: "KIND_REDEMPTION", quantity: -quantity, appointmentId, by });
}

export interface Refund {
  readonly id: string;
  /** Of one redemption, or of any of an item. */
  readonly entryId: string | undefined;
  readonly lineId: string | undefined;
  readonly quantity: number | undefined;
  readonly by: Who;
}

export function refund(world: World, { id, entryId, lineId, quantity, by }: Refund): Moved | Outcome {
  const found = seenPackage(world, id, by);
  if (!found) return notFound;
  const redemption = found.ledger.find((one) => one.id.value === entryId && one.kind === "KIND_REDEMPTION");
  if (entryId !== undefined && !redemption) return invalid([{ field: "ledger_entry_id", reason: "NOT_FOUND" }]);
  const line = redemption?.line ?? found.lines.find((one) => one.id.value === lineId);
  if (!line) return invalid([{ field: "package_service_id", reason: "NOT_FOUND" }]);
  if (found.isWithdrawn) return archived;
  // A correction neither uses units nor gives them back.
  const used = -sum(found.ledger.filter((entry) => entry.line === line && entry.kind !== "KIND_ADJUSTMENT"));
  const room = line.total - unitsLeft(found, line);
  if (!redemption) {
    const units = quantity ?? 0;
    if (units > used || units > room) return balanceExceeded;
    return append(world, found, { line, kind: "KIND_REFUND", quantity: units, by });
  }
  const returned = sum(found.ledger.filter((one) => one.refundedId === redemption.id));
  // Units of it may have been given back without naming it.
  const refundable = Math.min(-redemption.quantity - returned, used);
  const units = quantity ?? refundable;
  if (units > refundable || units === 0) return alreadyRefunded;
  if (units > room) return balanceExceeded;
  return append(world, found, { line, kind: "KIND_REFUND", quantity: units, refundedId: redemption.id, by });
}

export interface Adjustment {
  readonly id: string;
  readonly lineId: string;
  readonly change: number;
  readonly reason: string;
  readonly by: Who;
}

export function adjust(world: World, { id, lineId, change, reason, by }: Adjustment): Moved | Outcome {
  const found = seenPackage(world, id, by);
  if (!found) return notFound;
  const line = found.lines.find((one) => one.id.value === lineId);
  if (!line) return invalid([{ field: "package_service_id", reason: "NOT_FOUND" }]);
  if (found.isWithdrawn) return archived;
  const left = unitsLeft(found, line) + change;
  if (left < 0 || left > line.total) return balanceExceeded;
  return append(world, found, { line, kind: "KIND_ADJUSTMENT", quantity: change, note: reason, by });
}

export function unitsLeft({ ledger }: Package, line: PackageLine): number {
  return line.total + sum(ledger.filter((entry) => entry.line === line));
}

function sum(entries: readonly LedgerEntry[]): number {
  return entries.reduce((total, { quantity }) => total + quantity, 0);
}

export function packageView(found: Package): Expected {
  const { id, customerId, businessId, staffId, name, purchaseTime, createTime, lastUpdateTime, ledger, lines } = found;
  const redemptions = ledger.filter(({ kind }) => kind === "KIND_REDEMPTION");
  return {
    ...{ id, customerId, businessId, staffId, packageName: name, packageDesc: "", packagePrice: price },
    ...{ purchaseTime, createTime, lastUpdateTime },
    expirationDate: found.isExpired ? lastDay.past : lastDay.never,
    status: found.isWithdrawn ? "STATUS_DELETED" : "STATUS_NORMAL",
    used: redemptions.length > 0,
    applied: redemptions.some(({ appointmentId }) => appointmentId !== ""),
    ...{ movedFromPackageId: "", templateId: "", externalIds: [] },
    inForce: !found.isExpired && !found.isWithdrawn,
    totalRemainingQuantity: lines.reduce((total, line) => total + unitsLeft(found, line), 0),
  };
}

/** Items by the name of their service. */
export function detailView(found: Package): Expected {
  const nameOf = ({ serviceId }: PackageLine) => serviceNames[serviceId] ?? "";
  const lines = found.lines.toSorted((a, b) => compare(nameOf(a), nameOf(b)));
  return {
    packageInfo: packageView(found),
    packageServices: lines.map((line) => ({
      ...{ id: line.id, packageId: found.id, totalQuantity: line.total, remainingQuantity: unitsLeft(found, line) },
      goodwillQuantity: 0,
      services: [{ serviceId: line.serviceId, name: nameOf(line), unitPrice: cataloguePrice }],
    })),
  };
}

export function entryView(found: Package, entry: LedgerEntry): Expected {
  const { id, line, kind, quantity, appointmentId, note, by, time } = entry;
  return {
    ...{ id, packageId: found.id, packageServiceId: line.id, kind, quantity, appointmentId, orderId: "", note },
    ...{ refundedEntryId: entry.refundedId, movedPackageId: "", staffId: by, createdTime: time },
  };
}

/** By purchase_time descending, then id descending. */
export function latestFirst(a: Package, b: Package): number {
  const moment = ({ purchaseTime }: Package) => Date.parse(textOf(purchaseTime));
  return moment(b) - moment(a) || compare(b.id.value, a.id.value);
}
