import fc from "fast-check";
import * as library from "libphonenumber-js/max";
import { afterAll, describe, expect, it, vi } from "vitest";
import { readCallerPhone, readPhone } from "../../../src/core/phone/phone.js";
import { leastCost, timed } from "../../support/timed.js";
import { samples, written } from "./corpus.js";

vi.mock("libphonenumber-js/max", { spy: true });
const parsing = vi.mocked(library.parsePhoneNumberFromString);
afterAll(() => vi.restoreAllMocks());

const corpus = [...samples("spellings.tsv"), ...samples("countries.tsv"), ...samples("withheld.tsv")];

describe("a phone number is read right", () => {
  it.each(corpus)("$country: $text ($source)", ({ country, reader, text, right }) => {
    if (reader !== "field") expect(written(readCallerPhone(text, country))).toBe(right);
    if (reader !== "line") expect(written(readPhone(text, country))).toBe(right);
  });

  it("in at least 400 formats of at least 40 countries, each with its source", () => {
    expect(new Set(corpus.map(({ country, reader, text }) => [country, reader, text].join("\t"))).size).toBe(
      corpus.length,
    );
    expect(corpus.length).toBeGreaterThanOrEqual(400);
    expect(new Set(corpus.map(({ country }) => country)).size).toBeGreaterThan(40);
    expect(corpus.filter(({ source, reader }) => source === "" || !["line", "field", "both"].includes(reader))).toEqual(
      [],
    );
  });
});

it("gives one result, however often and in whatever order formats are read", () => {
  const twentyTimes = corpus
    .filter(({ reader }) => reader !== "field")
    .flatMap((sample) => Array.from({ length: 20 }, () => sample));
  const [order = []] = fc.sample(fc.shuffledSubarray(twentyTimes, { minLength: twentyTimes.length }), 1);
  expect(order.length).toBeGreaterThan(10_000);
  const wrong = order.filter(({ text, country, right }) => written(readCallerPhone(text, country)) !== right);
  expect(wrong.map(({ text }) => text)).toEqual([]);
});

it("reads what it read again as the same number, whatever the country", () => {
  for (const { text, country } of corpus) {
    const reading = readCallerPhone(text, country);
    if (reading.kind !== "number") continue;
    for (const home of ["US", "CA", "GB", "IT", "AR", "BR", "MX", "JP", "IM", ""]) {
      expect(readPhone(reading.number, home), text).toEqual({ ...reading, extension: "" });
    }
  }
});

it("reads plain numbers of the countries that share +1 as the library does", () => {
  for (const country of library.getCountries().filter((one) => library.getCountryCallingCode(one) === "1")) {
    for (const area of [200, 212, 242, 340, 500, 599, 684, 721, 800, 876, 911, 999]) {
      for (const [exchange, line] of [
        ["000", "0000"],
        ["234", "5678"],
        ["555", "0111"],
        ["521", "1234"],
      ] as const) {
        const text = `${area}${exchange}${line}`;
        const found = library.parsePhoneNumberFromString(text, { extract: false, defaultCountry: country });
        const number = found?.isPossible() ? found.number : undefined;
        for (const spelled of [text, `(${area}) ${exchange}-${line}`, `${area}.${exchange}.${line}`, `"${text}"`])
          expect(readPhone(spelled, country), spelled).toEqual({ kind: "number", number, extension: "" });
      }
    }
  }
});

it("reads the numbers of the countries that share +1 as the library does", () => {
  for (let area = 200; area < 1_000; area += 1) {
    for (const line of ["0000000", "2345678", "5550111"]) {
      const text = `+1${area}${line}`;
      const found = library.parsePhoneNumberFromString(text, { extract: false });
      const number = found?.isPossible() ? found.number : undefined;
      expect(readCallerPhone(text, "US"), text).toEqual({ kind: "number", number, extension: "" });
    }
  }
});

it("hands the library digits alone, so that nothing of a text reaches its parameters and extensions", () => {
  parsing.mockClear();
  for (const { text, country } of corpus) readCallerPhone(text, country);
  expect(parsing.mock.calls.length).toBeGreaterThan(300);
  expect(parsing.mock.calls.filter(([text]) => !/^\+?\d{1,41}$/.test(text))).toEqual([]);
});

it("reads the longest and most nested texts in under 20 ms each", timed, async () => {
  const parts = [" ", "(", "x", "tel", ",", "1", "cell ", "1 ", "%25", "<", ";", "=", "'", "ext.", "-", "1;a=", "@"];
  for (const part of parts) {
    for (const text of [part.repeat(512).slice(0, 512), `1${part.repeat(512)}`.slice(0, 511).concat("!")]) {
      const { cpuMs } = await leastCost(() => readCallerPhone(text, "US"));
      expect(cpuMs, text.slice(0, 20)).toBeLessThan(20);
    }
  }
});
