import { z } from "zod";
import type { PhoneLine } from "../core/phone/contact-phone.js";
import { type PhoneReading, readCallerPhone, readPhone } from "../core/phone/phone.js";
import { phoneStanding } from "../core/phone/phone-standing.js";
import { customIssue } from "./parse.js";

/** Decides about a phone that is read as impossible or not at all. */
export type JudgePhone = (raw: string, country: string, context: z.RefinementCtx) => PhoneLine;

/** A required phone number with its extension, in E.164 or in the national format of the country. */
export function phoneLine(country: string, judge: JudgePhone = refuseImpossible) {
  return z.string().transform((raw, context): PhoneLine => {
    if (raw.trim() !== "") return judge(raw, country, context);
    context.addIssue(customIssue("REQUIRED", "Required."));
    return z.NEVER;
  });
}

/** The same for an optional phone. Empty means not set. */
export function optionalPhoneLine(country: string, judge: JudgePhone = refuseImpossible) {
  return z.string().transform((raw, context) => (raw.trim() === "" ? undefined : judge(raw, country, context)));
}

/** An optional phone number without an extension, in the formats of `phoneLine`. Empty means not set. */
export function optionalPhone(country: string) {
  return z.string().transform((raw, context) => (raw.trim() === "" ? "" : storablePhone(raw, country, context)));
}

/**
 * The phone number of a filter, in the formats of `phoneLine`. Empty means that it does not filter. An extension is
 * ignored. A plus at the beginning that the query string turned into a space is understood.
 */
export function phoneFilter(country: string) {
  return z.string().transform((raw, context) => {
    if (raw.trim() === "") return "";
    const reading = readCallerPhone(raw, country);
    return reading.kind === "number" ? reading.number : refusePhone(reading, context);
  });
}

/** For new records. */
export function refuseImpossible(raw: string, country: string, context: z.RefinementCtx): PhoneLine {
  const line = judgedLine(raw, country);
  if (line.refusal === undefined) return line;
  context.addIssue(customIssue("INVALID_FORMAT", line.refusal));
  return z.NEVER;
}

/** For updates, which may repeat what is stored: the service refuses what is new. */
export function judgedLine(raw: string, country: string): PhoneLine {
  const reading = readPhone(raw, country);
  if (reading.kind !== "number") return { number: raw.trim(), extension: "", refusal: refusalOf(reading) };
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

function storablePhone(raw: string, country: string, context: z.RefinementCtx) {
  const reading = readPhone(raw, country);
  if (reading.kind === "number" && reading.extension === "") return reading.number;
  return refusePhone(reading, context);
}

function refusePhone(reading: PhoneReading, context: z.RefinementCtx) {
  context.addIssue(customIssue("INVALID_FORMAT", refusalOf(reading)));
  return z.NEVER;
}

const phoneFormat = "Must be a phone number, for example +12125551234 (E.164).";

function refusalOf(reading: PhoneReading): string {
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
