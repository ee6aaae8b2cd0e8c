import { clientNetwork } from "../../core/client-address.js";
import { DomainError } from "../../core/errors.js";
import type { KeyChecker, KeyGrant } from "../../core/key-grants.js";

const maxSecretChars = 512;
const credentialPattern = /^\s*(?:(basic|bearer)\s+)?(.*\S)\s*$/i;

/** A scheme without a credential. */
const schemeName = /^(?:basic|bearer|digest|negotiate)$/i;
const namesScheme = /^\s*(?:basic|bearer)\s+\S/i;

/**
 * Identifies the client by the `authorization` header.
 *
 * @throws DomainError KEY_MISSING, KEY_UNKNOWN for a malformed credential, and what the KeyChecker throws
 */
export async function authenticate(
  authorization: string | undefined,
  keys: KeyChecker,
  clientAddress: string,
): Promise<KeyGrant> {
  const readings = parseCredentials(authorization);
  if (readings.length === 0) {
    if (namesScheme.test(authorization ?? "")) throw new DomainError("KEY_UNKNOWN", "The API key is not valid.");
    const problem = authorization ? "The authorization header is malformed" : "The request has no API key";
    throw new DomainError("KEY_MISSING", `${problem}. Send \`authorization: Basic <base64-encoded API key>\`.`);
  }
  return keys.check(readings, clientNetwork(clientAddress));
}

/**
 * The secrets that the header may contain, most likely first. `Basic <base64(secret)>` is documented. Real clients also
 * send `Basic <base64(secret:)>` (user name without password), `Basic <secret>`, `Bearer <secret>`, and the secret or its
 * base64 without a scheme.
 */
export function parseCredentials(authorization: string | undefined): readonly string[] {
  const [, scheme = "", credential = ""] = credentialPattern.exec(authorization ?? "") ?? [];
  if (scheme === "" && schemeName.test(credential)) return [];
  const readings = scheme.toLowerCase() === "bearer" ? [credential] : [...basicReadings(credential), credential];
  return [...new Set(readings)].filter((secret) => /^[\x21-\x7e]+$/.test(secret) && secret.length <= maxSecretChars);
}

function basicReadings(credential: string): readonly string[] {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(credential)) return [];
  const decoded = Buffer.from(credential, "base64").toString("latin1");
  return decoded.endsWith(":") ? [decoded.slice(0, -1), decoded] : [decoded];
}
