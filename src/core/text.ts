import type { ViolationReason } from "./errors.js";

/** Limits for a string, in code points after normalization. */
export interface TextRule {
  readonly min: number;
  readonly max: number;
  /** Allows newline and tab, for notes, descriptions and help texts. */
  readonly multiline?: boolean;
}

export const lineRule = { min: 0, max: 255 } as const;
export const nameRule = { min: 1, max: 100 } as const;
export const tagNameRule = { min: 1, max: 64 } as const;
export const noteRule = { min: 1, max: 10_000, multiline: true } as const;

export interface TextFault {
  readonly reason: ViolationReason;
  readonly description: string;
}

const control = /\p{Cc}/u;
const controlButNewlineAndTab = /[^\P{Cc}\n\t]/u;
const loneSurrogate = /\p{Cs}/u;

/** NFC expands a character to at most four, of two code units each. */
const maxUnitsPerCharacter = 8;

/**
 * Normalizes a string: NFC, trimmed, and CRLF becomes a newline if multiline. A string that is too long in any form is
 * truncated first, but stays too long: sorting a million accents for NFC takes minutes.
 */
export function normalise(raw: string, rule: TextRule): string {
  const lines = (rule.multiline ? raw.replaceAll("\r\n", "\n") : raw).trim();
  const maxUnits = maxUnitsPerCharacter * rule.max;
  if (lines.length <= maxUnits) return lines.normalize("NFC").trim();
  const end = lines.charCodeAt(maxUnits);
  return lines.slice(0, isHighSurrogate(end) ? maxUnits : maxUnits + 1);
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

export function textFault(text: string, rule: TextRule): TextFault | undefined {
  if (text === "" && rule.min > 0) return { reason: "REQUIRED", description: "Required." };
  if (loneSurrogate.test(text)) return { reason: "INVALID_FORMAT", description: "Must be valid Unicode." };
  const forbidden = rule.multiline ? controlButNewlineAndTab : control;
  if (forbidden.test(text)) return { reason: "INVALID_FORMAT", description: "Must not contain control characters." };
  // There are never fewer code units than code points, so most strings need no count.
  if (text.length > rule.max && [...text].length > rule.max) {
    return { reason: "TOO_LONG", description: `Must have at most ${rule.max} characters.` };
  }
  return undefined;
}

/**
 * Case-insensitive form for matching names and email addresses. Upper case first, so that letters with a two-letter
 * capital (ß, SS) match.
 */
export function foldCase(text: string): string {
  return text.toUpperCase().toLowerCase().normalize("NFC");
}

/** The name of a member as the contract spells it: `preferred_business_id` of `preferredBusinessId`. */
export function protoName(member: string): string {
  return member.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
