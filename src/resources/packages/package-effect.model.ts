import type { NewLedgerEntry, PackageDetail, PackageEffect, PackageItem } from "./package.model.js";
import { isInForce, type Moment } from "./package-validity.model.js";

interface Stored {
  /** The time of the change. */
  readonly time: Date;
  /** When the package is read. */
  readonly moment: Moment;
}

/** The package as the database has it after the change. */
export function packageAfter(
  before: PackageDetail,
  effect: Exclude<PackageEffect, { kind: "nothing" }>,
  { time, moment }: Stored,
): PackageDetail {
  const changed = { ...before, version: before.version + 1n, lastUpdatedTime: time };
  const after =
    effect.kind === "append" ? appended(changed, effect) : { ...changed, deleted: effect.kind === "withdraw" };
  return { ...after, inForce: isInForce(after, moment) };
}

function appended(
  { frozenTime: former, ...before }: PackageDetail,
  { entry, dates = {} }: Extract<PackageEffect, { kind: "append" }>,
): PackageDetail {
  const { frozenTime = former, ...later } = dates;
  const isRedeemed = entry.kind === "REDEMPTION";
  return {
    ...{ ...before, ...later, ...(frozenTime ? { frozenTime } : {}) },
    used: before.used || isRedeemed,
    applied: before.applied || (isRedeemed && entry.appointmentId + entry.orderId !== ""),
    remainingQuantity: before.remainingQuantity + entry.quantity,
    lines: before.lines.map((line) => (line.id === entry.lineId ? lineAfter(line, entry) : line)),
  };
}

function lineAfter(line: PackageItem, { kind, quantity }: NewLedgerEntry): PackageItem {
  const remainingQuantity = line.remainingQuantity + quantity;
  if (kind !== "GOODWILL") return { ...line, remainingQuantity };
  return { ...line, remainingQuantity, goodwillQuantity: line.goodwillQuantity + quantity };
}
