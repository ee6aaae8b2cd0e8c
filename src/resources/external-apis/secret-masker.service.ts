import { Buffer } from "node:buffer";

/** What stands in place of a secret. */
const maskText = "***";

/**
 * Replaces secrets in a text that is shown, in the spellings in which another system may echo them: as sent, without
 * their scheme (`Bearer x`), the password of Basic credentials, and each as JSON, percent-encoding, base64 and hex write it.
 */
export function createSecretMasker(secrets: Iterable<string>): (text: string) => string {
  const hidden = [...new Set([...secrets].flatMap(partsOf).flatMap(spellingsOf))].toSorted(
    (a, b) => b.length - a.length,
  );
  return (text) => hidden.reduce((shown, spelling) => shown.replaceAll(spelling, maskText), text);
}

/** Shorter parts are no secrets by themselves, and would be found everywhere. */
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
