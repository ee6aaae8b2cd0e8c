import { expect, it } from "vitest";
import { readPhone } from "../../src/core/phone/phone.js";
import { lineRule, normalise, textFault } from "../../src/core/text.js";
import { leastCost, timed } from "../support/timed.js";

/** Minutes for NFC or the phone parser when it reaches them. */
const megabyte = 1024 * 1024;

it.each([
  ["accents to be put in order", "e\u0327\u0323\u0301\u0301".repeat(megabyte / 8)],
  ["characters of two units, cut between them", `a${"😀".repeat(megabyte / 4)}`],
  ["blanks between two letters", `a${" ".repeat(megabyte)}b`],
])("a text of %s is found too long in under 100 ms", timed, async (_what, raw) => {
  const { answer, cpuMs } = await leastCost(() => textFault(normalise(raw, lineRule), lineRule));
  expect(answer?.reason).toBe("TOO_LONG");
  expect(cpuMs).toBeLessThan(100);
});

it("a text that fits only when it is composed or trimmed is taken", () => {
  const composed = normalise("\u03c9\u0314\u0342\u0345".repeat(255), lineRule);
  expect(composed).toBe("\u1fa7".repeat(255));
  expect(textFault(composed, lineRule)).toBeUndefined();
  expect(normalise(`${" ".repeat(10_000)}Ann${" ".repeat(10_000)}`, lineRule)).toBe("Ann");
});

it("a phone number of a megabyte is none, in under 100 ms", timed, async () => {
  const tooLong = { kind: "unreadable", reason: "It has more than 512 characters." };
  const texts = [`+1${"a".repeat(megabyte)}`, "1".repeat(megabyte)];
  const { answer, cpuMs } = await leastCost(() => texts.map((text) => readPhone(text, "US")));
  expect(answer).toEqual([tooLong, tooLong]);
  expect(cpuMs).toBeLessThan(100);
  expect(readPhone("+1 (212) 555-1234", "US")).toEqual({ kind: "number", number: "+12125551234", extension: "" });
});
