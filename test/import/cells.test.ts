import { describe, expect, it } from "vitest";
import { isFormula, isRefusal, plainText, readYesNo } from "../../src/import/cells/cell.js";
import { type DateContext, readDate, readMoment } from "../../src/import/cells/date-cell.js";
import { readEmail } from "../../src/import/cells/email-cell.js";
import { readAmount } from "../../src/import/cells/money-cell.js";
import { readFullName } from "../../src/import/cells/name-cell.js";
import { readFixed, readPetStatus, readSex, readSpecies, readWeight } from "../../src/import/cells/pet-cells.js";
import { readPhones } from "../../src/import/cells/phone-cell.js";
import { restoredPostalCode } from "../../src/import/cells/postal-code.js";

/** What a cell means, or why it means nothing. */
function shown<T>(reading: T | { readonly reason: string; readonly remedy: string } | undefined): unknown {
  return isRefusal(reading) ? `refused: ${reading.reason}` : reading;
}

const context: DateContext = { timeZone: "America/New_York", today: "2026-11-30" };

describe("dates", () => {
  it.each([
    ["2019-03-05", "2019-03-05"],
    ["2019/3/5", "2019-03-05"],
    ["20190305", "2019-03-05"],
    ["2019-03-05T18:00:00", "2019-03-05"],
    ["2019-03-05 06:30 PM", "2019-03-05"],
    ["Mar 5, 2019", "2019-03-05"],
    ["March 5th 2019", "2019-03-05"],
    ["5 March 2019", "2019-03-05"],
    ["5-Mar-19", "2019-03-05"],
    ["Tue, Mar 5, 2019", "2019-03-05"],
    ["March 2019", "2019-03"],
    ["03/2019", "2019-03"],
    ["2019", "2019"],
    ["43529", "2019-03-05"],
    ["25/12/2019", "2019-12-25"],
    ["12/25/2019", "2019-12-25"],
    ["4/4/2019", "2019-04-04"],
    ["12/25/98", "1998-12-25"],
    ["n/a", undefined],
    ["", undefined],
    ["3/5/19", "refused: The date can be read with the month first or with the day first."],
    ["02/30/2019", "refused: The date does not exist."],
    ["2019-13-01", "refused: The date does not exist."],
    ["1551762000", "refused: The cell has a number instead of a date; it can be the seconds since 1970."],
    ["last summer", "refused: The cell is not a date."],
    ["99999999999999999999", "refused: The cell is not a date."],
  ])("%j is %j", (cell, expected) => {
    expect(shown(readDate(cell, context))).toBe(expected);
  });

  it.each([
    ["3/5/19", "mdy", "2019-03-05"],
    ["3/5/19", "dmy", "2019-05-03"],
    ["19/03/05", "ymd", "2019-03-05"],
    ["25/12/2019", "mdy", "refused: The date does not exist."],
  ] as const)("%j in the order %s is %j", (cell, dayOrder, expected) => {
    expect(shown(readDate(cell, { ...context, dayOrder }))).toBe(expected);
  });

  it("reads Unix seconds as the day of the company, only where a preset says so", () => {
    expect(readDate("1551762000", { ...context, isUnix: true })).toBe("2019-03-05");
    expect(readDate("1551762000000", { ...context, isUnix: true })).toBe("2019-03-05");
    expect(readDate("1551754800", { ...context, isUnix: true })).toBe("2019-03-04");
  });

  it("reads moments", () => {
    expect(readMoment("2019-03-05T18:00:00+01:00", context)).toEqual(new Date("2019-03-05T17:00:00Z"));
    expect(readMoment("2019-03-05 06:00 UTC", context)).toEqual(new Date("2019-03-05T06:00:00Z"));
    expect(isRefusal(readMoment("March 2019", context))).toBe(true);
    expect(isRefusal(readMoment("2019-03-05 25:00", context))).toBe(true);
  });

  it.each([
    ["2019-03-05", "America/New_York", "2019-03-05T05:00:00.000Z"],
    ["2019-03-05T01:30:00", "America/New_York", "2019-03-05T06:30:00.000Z"],
    ["3/5/2019 2:30 PM", "America/New_York", "2019-03-05T19:30:00.000Z"],
    ["3/5/2019 12:05 am", "America/New_York", "2019-03-05T05:05:00.000Z"],
    ["Mar 5, 2019 9:15:07.25", "Australia/Sydney", "2019-03-04T22:15:07.250Z"],
    ["2019-03-10 02:30", "America/New_York", "2019-03-10T07:30:00.000Z"],
    ["3/5/2019 14:30 +01:00", "Australia/Sydney", "2019-03-05T13:30:00.000Z"],
  ])("reads %j by the clocks of %s unless it has a zone", (cell, timeZone, expected) => {
    const read = readMoment(cell, { ...context, timeZone, dayOrder: "mdy" });
    expect(isRefusal(read) ? read.reason : read?.toISOString()).toBe(expected);
  });
});

it.each([
  ["Anna Lee", "Anna", "Lee"],
  ["Lee, Anna Maria", "Anna Maria", "Lee"],
  ["Dr. Anna Lee", "Anna", "Lee"],
  ["Ludwig van Beethoven", "Ludwig", "van Beethoven"],
  ["Maria de la Cruz", "Maria", "de la Cruz"],
  ["Sammy Davis Jr.", "Sammy", "Davis Jr."],
  ["Anna & Ben Fox", "Anna & Ben", "Fox"],
  ["Madonna", "Madonna", ""],
])("the full name %j is %j and %j", (cell, firstName, lastName) => {
  expect(readFullName(cell)).toEqual({ firstName, lastName });
});

describe("phones", () => {
  const numbers = (cell: string, country = "US") => {
    const read = readPhones(cell, country);
    if (isRefusal(read)) return read.reason;
    return read?.map(({ number, extension }) => (extension === "" ? number : `${number} x${extension}`));
  };

  it.each([
    ["(212) 555-0111", ["+12125550111"]],
    ["2125550111.0", ["+12125550111"]],
    ["2.12555011E9", ["+12125550110"]],
    ['="2125550111"', ["+12125550111"]],
    ["'+12125550111", ["+12125550111"]],
    ["212-555-0111 ext. 5", ["+12125550111 x5"]],
    ["212-555-0111 / 212-555-0112", ["+12125550111", "+12125550112"]],
    ["212-555-0111; 212-555-0112 or 212-555-0113", ["+12125550111", "+12125550112", "+12125550113"]],
    ["none", undefined],
    ["212-555-0111/0112", "The cell has several phone numbers, and one of them cannot be read."],
    ["555-0111", "The phone number is too short; its area code may be missing."],
    ["2.13E+09", "A spreadsheet rounded the phone number, so that digits are lost."],
    ["call mom", "The cell has no phone number."],
  ])("%j", (cell, expected) => {
    expect(numbers(cell)).toEqual(expected);
  });
});

it.each([
  ["anna@example.com", { email: "anna@example.com", others: [] }],
  ["mailto:anna@example.com", { email: "anna@example.com", others: [] }],
  ["Anna Lee <anna@example.com>", { email: "anna@example.com", others: [] }],
  ["anna@example.com; ben@example.com", { email: "anna@example.com", others: ["ben@example.com"] }],
  ["no email", undefined],
  ["anna@", "refused: The email address is not valid."],
])("the address %j", (cell, expected) => {
  expect(shown(readEmail(cell))).toEqual(expected);
});

it.each([
  ["M", { gender: "MALE" }],
  ["M/N", { gender: "MALE", fixed: "yes" }],
  ["MN", { gender: "MALE", fixed: "yes" }],
  ["FS", { gender: "FEMALE", fixed: "yes" }],
  ["Male - Neutered", { gender: "MALE", fixed: "yes" }],
  ["spayed female", { gender: "FEMALE", fixed: "yes" }],
  ["Female (not spayed)", { gender: "FEMALE", fixed: "no" }],
  ["intact male", { gender: "MALE", fixed: "no" }],
  ["Unknown", undefined],
  ["purple", "refused: The sex of the pet cannot be read."],
])("the sex %j", (cell, expected) => {
  expect(shown(readSex(cell))).toEqual(expected);
});

it.each([
  ["12 lbs", { exact: "12", unit: "POUND" }],
  ["5,4 kg", { exact: "5.4", unit: "KILOGRAM" }],
  ["12 lb 4 oz", { exact: "12.25", unit: "POUND" }],
  ["850g", { exact: "0.85", unit: "KILOGRAM" }],
  ["~ 30 lbs.", { exact: "30", unit: "POUND" }],
  ["0", "refused: The weight has no unit."],
  ["12", "refused: The weight has no unit."],
  ["12-15 lbs", "refused: The weight cannot be read."],
  ["9000 lb", "refused: The weight is more than an animal has."],
])("the weight %j", (cell, expected) => {
  expect(shown(readWeight(cell, undefined))).toEqual(expected);
});

it("gives a weight the unit of its column", () => {
  expect(readWeight("12", "POUND")).toEqual({ exact: "12", unit: "POUND" });
});

it.each([
  ["Canine", "DOG"],
  ["feline", "CAT"],
  ["Guinea Pig", "GUINEA_PIG"],
  ["ferret", "OTHER"],
  ["Dgo", "refused: The type of the animal is not known."],
])("the species %j", (cell, expected) => {
  expect(shown(readSpecies(cell))).toBe(expected);
});

it("reads yes and no, whether a pet is fixed, and whether it lives", () => {
  expect(["Yes", "X", "opted in"].map(readYesNo)).toEqual([true, true, true]);
  expect(["No", "0", "Unsubscribed"].map(readYesNo)).toEqual([false, false, false]);
  expect(readYesNo("N/A")).toBe(undefined);
  expect(isRefusal(readYesNo("maybe"))).toBe(true);
  expect(["Y", "Spayed", "no", "intact"].map(readFixed)).toEqual(["yes", "yes", "no", "no"]);
  expect(["Deceased", "Active"].map(readPetStatus)).toEqual(["PASSED_AWAY", "ALIVE"]);
});

it.each([
  ["2134", "US", "02134"],
  ["501", "US", "00501"],
  ["2134-1020", "US", "02134-1020"],
  ["8001", "CH", "8001"],
  ["800", "AU", "0800"],
  ["SW1A 1AA", "GB", "SW1A 1AA"],
  ["1", "US", "1"],
])("the postal code %j of %s is %j", (text, country, expected) => {
  expect(restoredPostalCode(text, country)).toBe(expected);
});

it.each([
  ["$1,234.50", "1234.5"],
  ["1.234,50 €", "1234.5"],
  ["USD 20", "20"],
  ["12,5", "12.5"],
  ["twenty", "refused: The amount cannot be read."],
  ["9999999999999999999999", "refused: The amount is too large."],
])("the amount %j", (cell, expected) => {
  const currency = cell.includes("€") ? "EUR" : "USD";
  expect(shown(readAmount(cell, currency))).toBe(expected);
});

it.each([
  ["$5", "CAD", "5"],
  ["¥500", "JPY", "500"],
  ["¥500", "CNY", "500"],
  ["£5", "GBP", "5"],
  ["€5", "USD", "refused: The template has prices in USD."],
  ["$5", "EUR", "refused: The template has prices in EUR."],
  ["USD 5", "CAD", "refused: The template has prices in CAD."],
])("the amount %j in %s", (cell, currency, expected) => {
  expect(shown(readAmount(cell, currency))).toBe(expected);
});

it("recognizes formulas, and the forms that keep a text from becoming one", () => {
  expect(["=A1+B1", '=HYPERLINK("x")', "= SUM(A1:A2)", "=1+1"].every(isFormula)).toBe(true);
  expect(['="2125550111"', "+12125550111", "a=b", "===", "- no"].some(isFormula)).toBe(false);
  expect(plainText('="007"')).toBe("007");
});
