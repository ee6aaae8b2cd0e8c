import { Buffer } from "node:buffer";
import { enumeration } from "../../core/enumeration.js";
import type { FormatKey } from "./caller-profile.model.js";

/** The format of the response. */
export type AnswerFormat =
  /** The unchanged values. */
  | "PLAIN"
  /**
   * For Amazon Connect, which reads the response of a function as STRING_MAP: a flat object of strings, with keys of
   * letters, digits, dashes and underscores, less than 32 KB of UTF-8.
   */
  | "AMAZON_CONNECT"
  /**
   * For the widget "Make HTTP Request" of Twilio Studio: a JSON object of at most 64 kB, whose keys a flow reads as
   * `widgets.NAME.parsed.KEY`.
   */
  | "TWILIO";

export const answerFormats = enumeration<AnswerFormat>("PLAIN", "AMAZON_CONNECT", "TWILIO");

/** Bytes of UTF-8 JSON, half a kilobyte below the limits of these systems. */
const maxBytes = { AMAZON_CONNECT: 32_000 - 512, TWILIO: 64_000 - 512 } as const;

/**
 * Converts a response to its format. PLAIN is the values. The other formats add the `extras`, and `truncated`, which is
 * "true" if the longest values were truncated. In keys, characters that the format does not allow are replaced by `_`.
 */
export function renderAnswer(
  format: AnswerFormat,
  values: Readonly<Record<string, string>>,
  extras: Readonly<Partial<Record<FormatKey, string>>>,
): Readonly<Record<string, string>> {
  switch (format) {
    case "PLAIN":
      return values;
    case "AMAZON_CONNECT":
    case "TWILIO":
      return fitting({ ...withPlainKeys(values), ...extras }, maxBytes[format]);
    default:
      return format satisfies never;
  }
}

/** Allowed keys are unchanged. A replaced key that collides with another gets a number. */
export function withPlainKeys(values: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(values);
  const plain = new Map(entries.filter(([key]) => plainKey.test(key)));
  for (const [key, value] of entries) {
    if (plainKey.test(key)) continue;
    const wanted = key.replaceAll(/[^A-Za-z0-9_-]/g, "_");
    let name = wanted;
    for (let number = 2; plain.has(name); number += 1) name = `${wanted}_${number}`;
    plain.set(name, value);
  }
  return Object.fromEntries(plain);
}

const plainKey = /^[A-Za-z0-9_-]+$/;

/** Truncates values to the largest length of 2^n bytes with which all fit. */
function fitting(values: Record<string, string>, limit: number): Record<string, string> {
  if (bytesOf({ ...values, truncated: "false" }) <= limit) return { ...values, truncated: "false" };
  for (let length = 2 ** Math.floor(Math.log2(limit)); ; length /= 2) {
    const cut = Object.entries(values).map(([key, value]) => [key, cutTo(value, length)] as const);
    const answer = { ...Object.fromEntries(cut), truncated: "true" };
    if (length < 1 || bytesOf(answer) <= limit) return answer;
  }
}

function bytesOf(json: Readonly<Record<string, string>>): number {
  return Buffer.byteLength(JSON.stringify(json));
}

/** Truncates to a number of UTF-8 bytes, without splitting a character. */
function cutTo(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  let length = 0;
  let cut = "";
  for (const character of text) {
    length += Buffer.byteLength(character);
    if (length > bytes) return cut;
    cut += character;
  }
  return cut;
}
