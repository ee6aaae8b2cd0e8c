import { Buffer } from "node:buffer";
import type { JsonValue } from "../../core/json-document.js";

/** Replaces secrets in a text. */
export type SecretMask = (text: string) => string;

/** Replacement for secrets. */
const maskText = "***";

/**
 * Masks secrets in a text, in all encodings in which a third-party system may echo them: as sent, without their scheme
 * (`Bearer x`), the password of Basic credentials, and each of these as JSON, percent-encoded, base64 and hex.
 */
export function createSecretMasker(secrets: Iterable<string>): SecretMask {
  const hidden = [...new Set([...secrets].flatMap(partsOf).flatMap(spellingsOf))].toSorted(
    (a, b) => b.length - a.length,
  );
  if (hidden.length === 0) return (text) => text;
  // One pass, since a response can have thousands of strings.
  const pattern = new RegExp(
    hidden.map((spelling) => spelling.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|"),
    "g",
  );
  return (text) => text.replaceAll(pattern, maskText);
}

/** Shorter parts are not secret by themselves and would match everywhere. */
const minPartChars = 4;

function partsOf(secret: string): string[] {
  const [, scheme = "", credential = ""] = /^(\S+)\s+(\S.*)$/.exec(secret) ?? [];
  const decoded = scheme.toLowerCase() === "basic" ? Buffer.from(credential, "base64").toString("utf8") : "";
  const password = decoded.slice(decoded.indexOf(":") + 1);
  return [secret, credential, decoded, password].filter((part) => part.length >= minPartChars);
}

function spellingsOf(part: string): string[] {
  const bytes = Buffer.from(part);
  const base64 = bytes.toString("base64");
  const encoded = [base64, base64.replace(/=+$/, ""), bytes.toString("base64url"), bytes.toString("hex")];
  return [part, JSON.stringify(part).slice(1, -1), encodeURIComponent(part), ...encoded];
}

/**
 * Masks secrets in every string, member name and number of a document. Strings are compared after JSON decoding, so no
 * escape sequence hides a secret.
 */
export function maskJson(value: JsonValue, mask: SecretMask): JsonValue {
  if (typeof value === "string") return mask(value);
  if (typeof value === "number") return mask(String(value)) === String(value) ? value : maskText;
  if (Array.isArray(value)) return value.map((item) => maskJson(item, mask));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [mask(name), maskJson(member, mask)]));
}
