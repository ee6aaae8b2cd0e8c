import { type Violation, violation } from "../errors.js";
import type { CompanyAccess } from "../principal.js";
import type { PhoneLine } from "./contact-phone.js";
import { type PhoneReading, readPhone } from "./phone.js";
import { phoneStanding } from "./phone-standing.js";

/** Reads a phone to store. One that is refused has the number as it was read, or the text if it was not. */
export function judgePhone(raw: string, country: string): PhoneLine {
  const reading = readPhone(raw, country);
  if (reading.kind !== "number") return { number: raw.trim(), extension: "", refusal: phoneRefusal(reading) };
  const { number, extension } = reading;
  switch (phoneStanding(number)) {
    case "valid":
      return { number, extension };
    case "doubtful":
      return { number, extension, isDoubtful: true };
    default:
      return { number, extension, refusal: `${phoneFormat} Read as ${number}, a number that no line can have.` };
  }
}

/** The same where no extension can be stored. */
export function judgeNumber(raw: string, country: string): PhoneLine {
  const line = judgePhone(raw, country);
  if (line.refusal !== undefined || line.extension === "") return line;
  return { number: raw.trim(), extension: "", refusal: phoneRefusal({ kind: "number", ...line }) };
}

const phoneFormat = "Must be a phone number, for example +12125551234 (E.164).";

export function phoneRefusal(reading: PhoneReading): string {
  return `${phoneFormat} ${whyRefused(reading)}`;
}

function whyRefused(reading: PhoneReading): string {
  switch (reading.kind) {
    case "withheld":
      return "Telephone systems send this text for callers who withhold their number.";
    case "unreadable":
      return reading.reason;
    case "number":
      return `Read as ${reading.number} with the extension ${reading.extension}, which cannot be stored.`;
  }
}

export type PhoneRules = Pick<CompanyAccess, "country" | "refusesDoubtfulPhones">;

/** Why the company refuses a number that its country has not assigned. Undefined if it accepts it. */
export function doubtRefusal({ isDoubtful, number }: PhoneLine, rules: PhoneRules): string | undefined {
  if (!isDoubtful || !rules.refusesDoubtfulPhones) return undefined;
  return `${phoneFormat} Read as ${number}, which is not valid in its country. The company refuses such numbers.`;
}

interface StatedNumber {
  readonly field: string;
  /** As the request was read. Undefined if it does not set the number. */
  readonly given: string | undefined;
  /** Empty or absent if there is none. */
  readonly stored?: string | undefined;
}

/** The violations of numbers without an extension. A stored number can be sent back, whatever it is. */
export function numberViolations(numbers: readonly StatedNumber[], rules: PhoneRules): readonly Violation[] {
  return numbers.flatMap(({ field, given = "", stored = "" }) => {
    if (given === "" || isStored(given, stored, rules)) return [];
    const line = judgeNumber(given, rules.country);
    // A text that only the country of the company makes readable was not read with that country.
    const read = line.number === given ? line : judgeNumber(given, "");
    const refusal = read.refusal ?? doubtRefusal(read, rules);
    return refusal === undefined ? [] : [violation(field, "INVALID_FORMAT", refusal)];
  });
}

/** Whether a number of a request, as it was read, is the stored one. */
export function isStored(given: string, stored: string, { country }: PhoneRules): boolean {
  return given === stored || given === judgePhone(stored, country).number;
}
