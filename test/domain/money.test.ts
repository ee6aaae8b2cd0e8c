import { expect, it } from "vitest";
import { moneyFaults, priceFaults } from "../../src/core/money.js";

const faultsOf = (find: typeof moneyFaults, units: bigint, nanos: number, currencyCode = "USD") =>
  find({ currencyCode, units, nanos }).map(({ member, reason }) => `${member} ${reason}`);

it("an amount is told everything that is wrong with it", () => {
  expect(faultsOf(moneyFaults, 5n, 999_999_999)).toEqual([]);
  expect(faultsOf(moneyFaults, -5n, -999_999_999)).toEqual([]);
  expect(faultsOf(moneyFaults, 5n, -1_000_000_000, "usd")).toEqual([
    "currencyCode INVALID_FORMAT",
    "nanos OUT_OF_RANGE",
  ]);
  expect(faultsOf(moneyFaults, -5n, 1)).toEqual(["nanos CONFLICT"]);
});

it("a price is never below zero, and each member of it is told one fault", () => {
  expect(faultsOf(priceFaults, 0n, 0)).toEqual([]);
  expect(faultsOf(priceFaults, -1n, -1, "")).toEqual([
    "currencyCode INVALID_FORMAT",
    "units OUT_OF_RANGE",
    "nanos OUT_OF_RANGE",
  ]);
  expect(faultsOf(priceFaults, 1n, -1)).toEqual(["nanos CONFLICT"]);
});
