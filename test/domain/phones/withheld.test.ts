import fc from "fast-check";
import { expect, it } from "vitest";
import { readCallerPhone, readPhone } from "../../../src/core/phone/phone.js";

/** What systems send for a caller who withholds the number, before a line, a PBX or a client formats it. */
const digits = fc.constantFrom(
  "7378742833",
  "266696687",
  "86282452253",
  "2562533",
  "8656696",
  "17378742833",
  "0",
  "0000000000",
);
const word = fc.constantFrom(
  ...["anonymous", "restricted", "unavailable", "blocked", "unknown", "private", "withheld", "asterisk"],
  ...["Private Number", "No Caller ID", "Unknown Caller", "Out of Area", "anonymous@anonymous.invalid"],
);

/** Digits in groups, as people and exports write them. */
const grouped = fc
  .tuple(digits, fc.array(fc.constantFrom("", "", "", " ", "-", ".", "\u00a0"), { minLength: 13, maxLength: 13 }))
  .map(([text, between]) =>
    [...text].map((digit, place) => (place === 0 ? digit : `${between[place] ?? ""}${digit}`)).join(""),
  );
const number = fc.tuple(fc.constantFrom("", "+", "00"), grouped).map(([prefix, text]) => prefix + text);
const cased = fc
  .tuple(word, fc.infiniteStream(fc.boolean()))
  .map(([text, upper]) => [...text].map((letter) => (upper.next().value ? letter.toUpperCase() : letter)).join(""));

const host = fc.constantFrom(
  "pbx.example",
  "192.0.2.4:5060",
  "sip.provider.example;transport=tcp",
  "anonymous.invalid",
);
const parameter = fc.constantFrom(
  "",
  ";cpc=ordinary",
  ";isup-oli=62",
  ";verstat=No-TN-Validation",
  ";phone-context=example.com",
);
const addressed = fc
  .tuple(fc.constantFrom("", "sip:", "sips:", "SIP:"), fc.oneof(number, cased), parameter, host)
  .map(([scheme, user, parameters, at]) => `${scheme}${user.replaceAll(/@.*|\u00a0/g, "")}${parameters}@${at}`);
const named = fc
  .tuple(
    fc.constantFrom('"Anonymous" ', '"Restricted" ', "Private ", ""),
    addressed,
    fc.constantFrom("", ";tag=1928301774"),
  )
  .map(([name, address, tag]) => `${name}<${address}>${tag}`);
const plain = fc
  .tuple(
    fc.constantFrom("", "tel:", " ", "'", '"', "\u200e", "="),
    fc.oneof(number, cased),
    fc.constantFrom("", " ", '"', "\r\n"),
  )
  .map(([before, text, after]) => before + text + after);
const spelling = fc
  .tuple(fc.oneof(plain, addressed, named), fc.boolean())
  .map(([text, encoded]) => (encoded ? encodeURIComponent(text) : text));

it("a caller who withholds the number is nobody, in 10,000 formats and in every country", () => {
  const country = fc.constantFrom("US", "GB", "DE", "IS", "PT", "CN", "UG", "JP", "BR", "");
  fc.assert(
    fc.property(spelling, country, (text, home) => {
      expect(readCallerPhone(text, home), JSON.stringify(text)).toEqual({ kind: "withheld" });
      expect(readPhone(text, home), JSON.stringify(text)).toEqual({ kind: "withheld" });
    }),
    { numRuns: 10_000 },
  );
});

it("a number that merely contains such digits is a number", () => {
  for (const text of ["+447378742833", "+351266696687", "+3548656696", "+917378742833"]) {
    expect(readCallerPhone(text, "US")).toEqual({ kind: "number", number: text, extension: "" });
  }
});
