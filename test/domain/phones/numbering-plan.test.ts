import { isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js/max";
import { describe, expect, it } from "vitest";
import { phoneForms, todaysNumber } from "../../../src/core/phone/numbering-plan.js";
import { planChanges } from "../../../src/core/phone/numbering-plan-changes.js";
import { readPhone } from "../../../src/core/phone/phone.js";

/** One line a country: an old or parallel form, as people and earlier builds have it, and today's. */
const lines = [
  ["MX", "+52 1 55 1234 5678", "+525512345678", ["+5215512345678"]],
  ["BR", "+55 11 8765 4321", "+5511987654321", ["+551187654321"]],
  ["BJ", "+229 97 12 34 56", "+2290197123456", ["+22997123456"]],
  ["CI", "+225 07 12 34 56", "+2250707123456", ["+22507123456"]],
  ["CI", "+225 45 12 34 56", "+2250545123456", ["+22545123456"]],
  ["CI", "+225 20 21 23 45", "+2252720212345", ["+22520212345"]],
  ["CL", "+56 2 345 6789", "+56223456789", ["+5623456789"]],
  ["CL", "+56 58 33 44 55", "+56582334455", ["+5658334455"]],
  ["CM", "+237 77 12 34 56", "+237677123456", ["+23777123456"]],
  ["CO", "+57 1 234 5678", "+576012345678", ["+5712345678"]],
  ["DJ", "+253 81 23 45", "+25377812345", ["+253812345"]],
  ["DJ", "+253 35 12 34", "+25321351234", ["+253351234"]],
  ["EC", "+593 9 654 8952", "+593996548952", ["+59396548952"]],
  ["EC", "+593 6 985 6985", "+593969856985", ["+59369856985"]],
  ["EG", "+20 10 123 4567", "+201001234567", ["+20101234567"]],
  ["EG", "+20 18 123 4567", "+201281234567", ["+20181234567"]],
  ["GA", "+241 01 71 71 71", "+24111717171", ["+24101717171"]],
  ["GA", "+241 05 05 05 05", "+24165050505", ["+24105050505"]],
  ["GN", "+224 64 12 34 56", "+224664123456", ["+22464123456"]],
  ["HN", "+504 221 2345", "+50422212345", ["+5042212345"]],
  ["MR", "+222 6 41 23 45", "+22246412345", ["+2226412345"]],
  ["MR", "+222 2 12 34 56", "+22222123456", ["+2222123456"]],
  ["MU", "+230 251 2345", "+23052512345", ["+2302512345"]],
  ["PF", "+689 21 23 45", "+68987212345", ["+689212345"]],
  ["PF", "+689 42 12 34", "+68940421234", ["+689421234"]],
  ["QA", "+974 412 3456", "+97444123456", ["+9744123456"]],
  ["SC", "+248 32 34 56", "+2484323456", ["+248323456"]],
  ["SC", "+248 51 23 45", "+2482512345", ["+248512345"]],
  ["SX", "+599 542 1234", "+17215421234", ["+5995421234"]],
  ["SZ", "+268 404 1234", "+26824041234", ["+2684041234"]],
  ["TL", "+670 723 4567", "+67077234567", ["+6707234567"]],
  ["VN", "+84 164 123 4567", "+84341234567", ["+841641234567"]],
  ["VN", "+84 199 123 4567", "+84591234567", ["+841991234567"]],
] as const;

describe("a number of a plan that changed", () => {
  it.each(lines)("%s: %s is read as %s and found under every form", (_country, old, today, stored) => {
    expect(readPhone(old, "US")).toEqual({ kind: "number", number: today, extension: "" });
    expect(phoneForms(today)).toEqual([today, ...stored]);
    for (const form of stored) expect(new Set(phoneForms(form))).toEqual(new Set([today, ...stored]));
  });

  it("has a line above for every country of the table", () => {
    const parallel = planChanges.filter((change) => change.parallel).map(({ country }) => country);
    expect(parallel).toEqual(["AR"]);
    const tested = new Set<string>(lines.map(([country]) => country));
    expect(planChanges.map(({ country }) => country).filter((country) => !tested.has(country))).toEqual(parallel);
  });
});

it.each(["55 1234 5678", "01 55 1234 5678", "044 55 1234 5678", "045 55 1234 5678", "1 55 1234 5678"])(
  "a Mexican number is read as Mexicans dialed it: %s",
  (text) => expect(readPhone(text, "MX")).toMatchObject({ number: "+525512345678" }),
);

it("keeps both forms of Argentina, and matches them as one", () => {
  expect(readPhone("+54 11 2345 6789", "US")).toMatchObject({ number: "+541123456789" });
  for (const text of ["+54 9 11 2345 6789", "011 15 2345 6789", "11 15 2345 6789"]) {
    expect(readPhone(text, "AR")).toMatchObject({ number: "+5491123456789" });
  }
  expect(phoneForms("+541123456789")).toEqual(["+541123456789", "+5491123456789"]);
  expect(phoneForms("+5491123456789")).toEqual(["+5491123456789", "+541123456789"]);
});

it("leaves every other number alone", () => {
  for (const number of [
    "+12125550111",
    "+442079460018",
    "+4930123456",
    "+556130001234",
    "+551170123456",
    "+6591234567",
  ]) {
    expect(todaysNumber(number)).toBe(number);
    expect(phoneForms(number)).toEqual([number]);
  }
});

describe("the table", () => {
  const entries = planChanges.flatMap(({ country, parallel, prefixes }) =>
    prefixes.map(([old, today, behind]) => ({ country, parallel, old, today, behind })),
  );

  it("has a country, a source, and no prefix twice", () => {
    for (const { country, since, source } of planChanges) {
      expect(isSupportedCountry(country)).toBe(true);
      expect(since).not.toBe("");
      expect(source).toMatch(/OB \d{3,4}|libphonenumber/);
    }
    expect(new Set(entries.map(({ old, behind }) => `${old}/${behind}`)).size).toBe(entries.length);
    expect(new Set(entries.map(({ today, behind }) => `${today}/${behind}`)).size).toBe(entries.length);
  });

  it("computes every number back, so that no two lines become one", () => {
    for (const { old, today, behind, parallel } of entries) {
      const [before, after] = [`+${old}${"1".repeat(behind)}`, `+${today}${"1".repeat(behind)}`];
      expect(todaysNumber(before)).toBe(parallel ? before : after);
      expect(todaysNumber(after)).toBe(after);
      expect(new Set(phoneForms(before)), before).toEqual(new Set([before, after]));
      expect(new Set(phoneForms(after)), after).toEqual(new Set([before, after]));
    }
  });

  it("changes no number that is valid today, and changes all into possible ones", () => {
    const wrong: string[] = [];
    for (const { country, old, today, behind, parallel } of entries) {
      if (parallel) continue;
      for (let turn = 0; turn < 100; turn += 1) {
        const rest = String(turn * 7_919_117 + 1_234_567)
          .slice(-behind)
          .padStart(behind, "2");
        const before = parsePhoneNumberFromString(`+${old}${rest}`);
        const after = parsePhoneNumberFromString(`+${today}${rest}`);
        // Google's data still has the old plan of Gabon.
        if (before?.isValid() && country !== "GA") wrong.push(`${country} ${old} is valid`);
        if (!after?.isPossible()) wrong.push(`${country} ${today} is not possible`);
      }
    }
    expect([...new Set(wrong)]).toEqual([]);
  });
});
