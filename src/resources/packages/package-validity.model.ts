import { isErasedId } from "../../core/ids.js";
import { localDate } from "../../core/time-zones.js";
import type { Package } from "./package.model.js";

/** A time, and the time zone of the company that decides what day it is. */
export interface Moment {
  readonly at: Date;
  /** IANA zone id of the company. */
  readonly timeZone: string;
}

/** What decides whether a package is in force. */
export type Validity = Pick<
  Package,
  "customerId" | "startTime" | "endTime" | "expirationDate" | "deleted" | "frozenTime"
>;

/**
 * Whether units can be redeemed at that time: from start to end, until the last day in the time zone of the company, and
 * neither frozen, deleted nor of an erased customer. The only rule for lists, responses and redemption. `inForceSql` of
 * package.columns.ts is the same rule for lists; a test compares the two.
 */
export function isInForce(validity: Validity, { at, timeZone }: Moment): boolean {
  const { customerId, startTime, endTime, expirationDate, deleted, frozenTime } = validity;
  const isWithin = (!startTime || startTime <= at) && (!endTime || at < endTime) && (!frozenTime || at < frozenTime);
  return isWithin && localDate(timeZone, at) <= expirationDate && !deleted && !isErasedId(customerId);
}
