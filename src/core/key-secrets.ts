import { createHash, hash, randomBytes } from "node:crypto";
import { toBase62 } from "./ids.js";

/** Lets secret scanners and people recognize a leaked secret. */
const prefix = "moego_";
/** 32 bytes in base62. */
const bodyLength = 43;
/** 4 bytes in base62. */
const checksumLength = 6;
const secretLength = prefix.length + bodyLength + checksumLength;

/**
 * Format of secrets that were not generated here (the demo keys): printable ASCII without `:`, which separates the
 * parts of `Basic`.
 */
const chosenSecret = /^[\x21-\x39\x3b-\x7e]{32,200}$/;

/** A new secret: prefix, 256 random bits and a checksum. It is shown once, and only its hash is stored. */
export function generateSecret(): string {
  const body = toBase62(randomBytes(32), bodyLength);
  return prefix + body + checksum(body);
}

/**
 * Whether a secret can exist, without a lookup. A secret with our prefix must have the right length and checksum, so a
 * mistyped or truncated one causes no query.
 */
export function isWellFormedSecret(secret: string): boolean {
  if (!secret.startsWith(prefix)) return chosenSecret.test(secret);
  const body = secret.slice(prefix.length, -checksumLength);
  return secret.length === secretLength && secret.endsWith(checksum(body));
}

/**
 * SHA-256, 32 bytes. A plain hash is sufficient, because the secret has 256 random bits and dictionary attacks are not
 * possible.
 */
export function hashSecret(secret: string): Buffer {
  return hash("sha256", secret, "buffer");
}

/** The first characters, by which a list of API keys distinguishes secrets. */
export function secretPrefixOf(secret: string): string {
  return secret.startsWith(prefix) ? `${secret.slice(0, prefix.length + 4)}...` : `${secret.slice(0, 4)}...`;
}

function checksum(body: string): string {
  return toBase62(createHash("sha256").update(body, "utf8").digest().subarray(0, 4), checksumLength);
}
