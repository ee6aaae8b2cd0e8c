import { invalidRequest, type Violation } from "../../core/errors.js";
import { daysBetween, laterDay, laterTime, localDate } from "../../core/time-zones.js";
import {
  type NewDates,
  neverExpires,
  type PackageDetail,
  type PackageEffect,
  type PackageState,
} from "./package.model.js";
import { notInForce, requireUsable } from "./package-rules.service.js";

export interface Extend {
  readonly reason: string;
  /** By so many days, 1 or more, or until this last day. One of the two. */
  readonly days?: number;
  readonly expirationDate?: string;
}

/** The last day and the end of a package move together, so that neither ends what the other extends. */
export function extend(unit: PackageState, { reason, ...by }: Extend): PackageEffect {
  requireUsable(unit);
  const { expirationDate: lastDay } = unit.detail;
  const days = by.days ?? daysBetween(lastDay, by.expirationDate ?? lastDay);
  const field = by.days === undefined ? "expiration_date" : "days";
  if (by.days === undefined && lastDay >= neverExpires) throw conflict(field, "Must be absent: the last day is never.");
  if (days <= 0) throw conflict(field, "Must be after the present expiration_date.");
  const dates = laterDates(unit.detail, days, unit.timeZone);
  if (!dates) throw conflict(field, "Must not be set: the package never expires.");
  if (isTooLate(dates)) throw invalidRequest([{ field, reason: "OUT_OF_RANGE", description: "Must end before 9999." }]);
  return { kind: "append", entry: { ...ofDates, kind: "EXTENSION", note: reason, days }, dates };
}

interface Freeze {
  readonly reason: string;
}

/** A frozen package cannot be redeemed and does not expire. Nothing changes if it is frozen already. */
export function freeze(unit: PackageState, { reason }: Freeze): PackageEffect {
  requireUsable(unit);
  const { detail, now } = unit;
  if (detail.frozenTime) return { kind: "nothing" };
  const isOver = localDate(unit.timeZone, now) > detail.expirationDate || (detail.endTime && detail.endTime <= now);
  if (isOver) throw notInForce(detail);
  return { kind: "append", entry: { ...ofDates, kind: "FREEZE", note: reason }, dates: { frozenTime: now } };
}

/**
 * Ends a freeze. The last day and the end move by the days between the date of the freeze and today, in the time zone of
 * the company: a package that is thawed on the day it was frozen gains none.
 */
export function thaw(unit: PackageState, { reason }: Freeze): PackageEffect {
  requireUsable(unit);
  const { detail, now } = unit;
  if (!detail.frozenTime) return { kind: "nothing" };
  const timeZone = unit.timeZone;
  const days = daysBetween(localDate(timeZone, detail.frozenTime), localDate(timeZone, now));
  const dates = { ...laterDates(detail, days, timeZone), frozenTime: null };
  return { kind: "append", entry: { ...ofDates, kind: "THAW", note: reason, days }, dates };
}

const ofDates = { quantity: 0, appointmentId: "", orderId: "" } as const;

/** Undefined if the package never expires. */
function laterDates(
  { expirationDate, endTime }: Pick<PackageDetail, "expirationDate" | "endTime">,
  days: number,
  timeZone: string,
): NewDates | undefined {
  const expires = expirationDate < neverExpires;
  if (!expires && !endTime) return undefined;
  return {
    ...(expires ? { expirationDate: laterDay(expirationDate, days) } : {}),
    ...(endTime ? { endTime: laterTime(timeZone, endTime, days) } : {}),
  };
}

function isTooLate({ expirationDate = "", endTime }: NewDates): boolean {
  return expirationDate >= neverExpires || expirationDate.startsWith("+") || (endTime?.getUTCFullYear() ?? 0) >= 9999;
}

function conflict(field: string, description: string): Error {
  return invalidRequest([{ field, reason: "CONFLICT", description } satisfies Violation]);
}
