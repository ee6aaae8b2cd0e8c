import { Buffer } from "node:buffer";

/** Replacement for secrets. */
const maskText = "***";

/**
 * Masks secrets in a text, in all encodings in which a third-party system may echo them: as sent, without their scheme
 * (`Bearer x`), the password of Basic credentials, and each of these as JSON, percent-encoded, base64 and hex.
 */
export function createSecretMasker(secrets: Iterable<string>): (text: string) => string {
  const hidden = [...new Set([...secrets].flatMap(partsOf).flatMap(spellingsOf))].toSorted(
    (a, b) => b.length - a.length,
  );
  return (text) => hidden.reduce((shown, spelling) => shown.replaceAll(spelling, maskText), text);
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
