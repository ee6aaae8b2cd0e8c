import { z } from "zod";
import type { PhoneLine } from "../core/phone/contact-phone.js";
import { judgeNumber, judgePhone, phoneRefusal } from "../core/phone/judged-phone.js";
import { type PhoneReading, readCallerPhone } from "../core/phone/phone.js";
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

/** The same for an update: the service refuses what is new. */
export function optionalJudgedPhone(country: string) {
  return z.string().transform((raw) => judgedNumber(raw, country));
}

/** The number as it is read, or the text if it is not. */
export function judgedNumber(raw: string, country: string): string {
  return raw.trim() === "" ? "" : judgeNumber(raw, country).number;
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
  const line = judgePhone(raw, country);
  if (line.refusal === undefined) return line;
  context.addIssue(customIssue("INVALID_FORMAT", line.refusal));
  return z.NEVER;
}

/** For updates, which may repeat what is stored: the service refuses what is new. */
export const judgedLine: JudgePhone = (raw, country) => judgePhone(raw, country);

function storablePhone(raw: string, country: string, context: z.RefinementCtx) {
  const line = judgeNumber(raw, country);
  if (line.refusal === undefined) return line.number;
  context.addIssue(customIssue("INVALID_FORMAT", line.refusal));
  return z.NEVER;
}

function refusePhone(reading: PhoneReading, context: z.RefinementCtx) {
  context.addIssue(customIssue("INVALID_FORMAT", phoneRefusal(reading)));
  return z.NEVER;
}
