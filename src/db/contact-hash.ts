import { createHmac } from "node:crypto";
import type { ContactLine } from "../core/contact-line.js";
import { phoneForms, todaysNumber } from "../core/phone/numbering-plan.js";
import { foldCase } from "../core/text.js";

/** The key of the hashes of a company. Without it, nobody can try out numbers. */
export interface HashKey {
  readonly companyId: string;
  readonly bytes: Uint8Array;
}

/** The hash under which an opt-out of the line is stored. */
export function contactHash(key: HashKey, { kind, value }: ContactLine): string {
  return hashOf(key, kind, kind === "EMAIL" ? foldCase(value) : todaysNumber(value));
}

/**
 * All hashes under which it can be stored: of every form of a number, so that old entries are found after a change of a
 * numbering plan (docs/decisions/11-phones.md).
 */
export function contactHashes(key: HashKey, { kind, value }: ContactLine): readonly string[] {
  return formsOf({ kind, value }).map((form) => hashOf(key, kind, form));
}

/** The forms in which a record can have the line. */
export function formsOf({ kind, value }: ContactLine): readonly string[] {
  return kind === "EMAIL" ? [foldCase(value)] : phoneForms(value);
}

function hashOf({ companyId, bytes }: HashKey, kind: ContactLine["kind"], form: string): string {
  return createHmac("sha256", bytes).update(`${companyId}/${kind}/${form}`).digest("base64url");
}
