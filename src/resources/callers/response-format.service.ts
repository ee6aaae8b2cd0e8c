import { Buffer } from "node:buffer";
import { type Enumeration, enumeration } from "../../core/enumeration.js";
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
  | "TWILIO"
  /** One line, for a display: FreeSWITCH's mod_cidlookup, FreePBX. */
  | "TEXT"
  /** `key=value&key=value` for Asterisk, FreeSWITCH and Kamailio (docs/call-center has versions and sources). */
  | "KEY_VALUE";

export const answerFormats = enumeration(
  "PLAIN",
  "AMAZON_CONNECT",
  "TWILIO",
  "TEXT",
  "KEY_VALUE",
) satisfies Enumeration<AnswerFormat>;

/** Bytes of UTF-8. For JSON half a kilobyte below the limits of these systems. */
const maxBytes = { AMAZON_CONNECT: 32_000 - 512, TWILIO: 64_000 - 512, TEXT: 1_000, KEY_VALUE: 1_000 } as const;

/** Of `maxBytes.KEY_VALUE`, so that room is left for the values. */
const maxKeyBytes = 600;

interface AnswerParts {
  readonly values: Readonly<Record<string, string>>;
  readonly extras: Readonly<Partial<Record<FormatKey | "outcome", string>>>;
  /** The whole of a TEXT. */
  readonly line: string;
}

/** One of the two. */
export interface RenderedAnswer {
  readonly answer?: Readonly<Record<string, string>>;
  readonly text?: string;
}

/**
 * Converts a response to its format. PLAIN is the values, TEXT the line. The other formats add the `extras`, and
 * `truncated`, which is "true" if the longest values were truncated. The extras decide where a call goes, so they are
 * whole as long as they fit. In keys, characters that the format does not allow are replaced by `_`.
 */
export function renderAnswer(format: AnswerFormat, { values, extras, line }: AnswerParts): RenderedAnswer {
  switch (format) {
    case "PLAIN":
      return { answer: values };
    case "AMAZON_CONNECT":
    case "TWILIO":
      return { answer: fitting({ ...withPlainKeys(values), ...extras }, extras, [maxBytes[format], jsonBytes]) };
    case "TEXT":
      return { text: cutTo(line.replaceAll(/\s+/g, " "), maxBytes.TEXT) };
    case "KEY_VALUE": {
      const whole = { ...extras, truncated: "", ...withPlainKeys(values), ...extras };
      return { text: keyValueText(fitting(withFewerKeys(whole), extras, [maxBytes.KEY_VALUE, keyValueBytes])) };
    }
    default:
      return format satisfies never;
  }
}

/** Which keys are left out does not depend on the values, so that no response has a key that another lacks. */
function withFewerKeys(values: Readonly<Record<string, string>>): Record<string, string> {
  let bytes = 0;
  return Object.fromEntries(
    Object.entries(values).filter(([key]) => {
      bytes += key.length + "&".length;
      return bytes <= maxKeyBytes;
    }),
  );
}

/**
 * Kamailio's `{param.value}` reads nothing of a list with an empty value, so an empty value has no `=`. It takes quotes
 * as delimiters, so they are escaped as well.
 */
function keyValueText(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([key, value]) => (value === "" ? key : `${key}=${escaped(value)}`))
    .join("&");
}

function escaped(text: string): string {
  const bytes = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, "\ufffd")).replaceAll(/[!'()*]/g, bytes);
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

type Limit = readonly [bytes: number, bytesOf: (values: Readonly<Record<string, string>>) => number];

/** Truncates values to the largest length of 2^n bytes with which all fit, and the extras only if they alone do not. */
function fitting(values: Record<string, string>, extras: AnswerParts["extras"], [limit, bytesOf]: Limit) {
  const whole = { ...values, truncated: "false" };
  if (bytesOf(whole) <= limit) return whole;
  const longest = 2 ** Math.floor(Math.log2(limit));
  for (const kept of [extras, {}]) {
    for (let length = longest; length >= 1 / 2; length /= 2) {
      const cut = Object.entries(values).map(
        ([key, value]) => [key, Object.hasOwn(kept, key) ? value : cutTo(value, length)] as const,
      );
      const answer = { ...Object.fromEntries(cut), truncated: "true" };
      if (bytesOf(answer) <= limit) return answer;
    }
  }
  return { ...Object.fromEntries(Object.keys(values).map((key) => [key, ""])), truncated: "true" };
}

function jsonBytes(values: Readonly<Record<string, string>>): number {
  return Buffer.byteLength(JSON.stringify(values));
}

function keyValueBytes(values: Readonly<Record<string, string>>): number {
  return keyValueText(values).length;
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
