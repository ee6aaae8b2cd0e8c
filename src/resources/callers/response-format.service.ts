import { Buffer } from "node:buffer";
import type { FormatKey } from "./caller-keys.model.js";

/** Who reads the answer. */
export type AnswerFormat =
  /** The values as they are; nothing found = nothing. */
  | "PLAIN"
  /**
   * As a flow of Amazon Connect reads the answer of a function (STRING_MAP): a flat object of strings, keys of letters,
   * digits, dash and underscore, less than 32 KB of UTF-8.
   */
  | "AMAZON_CONNECT"
  /**
   * As the widget "Make HTTP Request" of Twilio Studio reads it: a JSON object, whose keys a flow reads as
   * `widgets.NAME.parsed.KEY`, of at most 64 kB.
   */
  | "TWILIO";

/** Bytes of UTF-8 JSON; half a kilobyte less than the limits of the systems. */
const maxBytes = { AMAZON_CONNECT: 32_000 - 512, TWILIO: 64_000 - 512 } as const;

/**
 * An answer in the form of its reader. PLAIN gives the values, or undefined when there are none. The others always give an
 * object, since their readers take no null: the values, what is given as `extras`, and `truncated`, which is "true" when
 * the longest values were cut to fit. A key with characters that the reader does not take has `_` in their place.
 */
export function renderAnswer(
  format: AnswerFormat,
  values: Readonly<Record<string, string>> | undefined,
  extras: Readonly<Partial<Record<FormatKey, string>>>,
): Readonly<Record<string, string>> | undefined {
  switch (format) {
    case "PLAIN":
      return values;
    case "AMAZON_CONNECT":
    case "TWILIO":
      return fitting({ ...withPlainKeys(values ?? {}), ...extras }, maxBytes[format]);
    default:
      return format satisfies never;
  }
}

/** A key that needs no change keeps its name; one that would meet another gets a number. */
function withPlainKeys(values: Readonly<Record<string, string>>): Record<string, string> {
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

/** Values are cut to the greatest length of 2^n bytes with which all fit. */
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

/** At most so many bytes of UTF-8, and no half character. */
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
