import type { ViolationReason } from "./errors.js";

/** An amount as google.type.Money holds it: whole units and billionths of one, of the same sign. */
export interface Money {
  /** ISO 4217. */
  readonly currencyCode: string;
  readonly units: bigint;
  readonly nanos: number;
}

export interface MoneyFault {
  /** What is wrong. */
  readonly member: keyof Money;
  readonly reason: ViolationReason;
  readonly description: string;
}

const maxNanos = 999_999_999;

/** What makes the amount none (google/type/money.proto), if anything. */
export function moneyFault({ currencyCode, units, nanos }: Money): MoneyFault | undefined {
  if (!/^[A-Z]{3}$/.test(currencyCode)) {
    const description = "Currency_code must be three capital letters (ISO 4217).";
    return { member: "currencyCode", reason: "INVALID_FORMAT", description };
  }
  if (Math.abs(nanos) > maxNanos) {
    return { member: "nanos", reason: "OUT_OF_RANGE", description: "Nanos must be within ±999,999,999." };
  }
  if ((units > 0n && nanos < 0) || (units < 0n && nanos > 0)) {
    return { member: "nanos", reason: "CONFLICT", description: "Units and nanos must have the same sign." };
  }
  return undefined;
}

/** The same for a price, which is never below zero. */
export function priceFault(price: Money): MoneyFault | undefined {
  const fault = moneyFault(price);
  if (fault || (price.units >= 0n && price.nanos >= 0)) return fault;
  return { member: price.units < 0n ? "units" : "nanos", reason: "OUT_OF_RANGE", description: "Must be 0 or more." };
}
