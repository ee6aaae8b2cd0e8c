import type { ViolationReason } from "./errors.js";

/** A `google.type.Money`: whole units and nano units of the same sign. */
export interface Money {
  /** ISO 4217. */
  readonly currencyCode: string;
  readonly units: bigint;
  readonly nanos: number;
}

interface MoneyFault {
  readonly member: keyof Money;
  readonly reason: ViolationReason;
  readonly description: string;
}

const maxNanos = 999_999_999;

/** Everything that makes the amount invalid (google/type/money.proto). */
export function moneyFaults({ currencyCode, units, nanos }: Money): MoneyFault[] {
  const faults: MoneyFault[] = [];
  if (!/^[A-Z]{3}$/.test(currencyCode)) {
    const description = "currency_code must be three uppercase letters (ISO 4217).";
    faults.push({ member: "currencyCode", reason: "INVALID_FORMAT", description });
  }
  if (Math.abs(nanos) > maxNanos) {
    faults.push({
      member: "nanos",
      reason: "OUT_OF_RANGE",
      description: "nanos must be from -999,999,999 to 999,999,999.",
    });
  } else if ((units > 0n && nanos < 0) || (units < 0n && nanos > 0)) {
    faults.push({ member: "nanos", reason: "CONFLICT", description: "units and nanos must have the same sign." });
  }
  return faults;
}

/** The same for a price, which must not be negative. */
export function priceFaults(price: Money): MoneyFault[] {
  const faults = moneyFaults(price);
  const negative = (["units", "nanos"] as const).filter(
    (member) => price[member] < 0 && !faults.some((fault) => fault.member === member),
  );
  return [
    ...faults,
    ...negative.map((member) => ({ member, reason: "OUT_OF_RANGE" as const, description: "Must not be negative." })),
  ];
}
