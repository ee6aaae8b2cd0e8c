import { createHash, randomBytes } from "node:crypto";
import { toBase62 } from "./ids.js";

/** Lets scanners and people recognise a leaked secret. */
const prefix = "moego_";
/** 32 bytes in base62. */
const bodyLength = 43;
/** 4 bytes in base62. */
const checksumLength = 6;
const secretLength = prefix.length + bodyLength + checksumLength;

/** Bounds for secrets that were chosen by someone else (the demo keys): printable ASCII without the colon of `Basic`. */
const chosenSecret = /^[\x21-\x39\x3b-\x7e]{32,200}$/;

/** A new secret: prefix, 256 random bits and a checksum. It is shown once; only its hash is stored. */
export function generateSecret(): string {
  const body = toBase62(randomBytes(32), bodyLength);
  return prefix + body + checksum(body);
}

/**
 * Whether a secret may exist at all, told without a look-up. One with our prefix must have our length and a true
 * checksum, so that a mistyped or cut one costs the database nothing.
 */
export function isWellFormedSecret(secret: string): boolean {
  if (!secret.startsWith(prefix)) return chosenSecret.test(secret);
  const body = secret.slice(prefix.length, -checksumLength);
  return secret.length === secretLength && secret.endsWith(checksum(body));
}

/** SHA-256, 32 bytes. A plain hash is enough: the secret has 256 random bits, there is no dictionary to try. */
export function hashSecret(secret: string): Buffer {
  return createHash("sha256").update(secret, "utf8").digest();
}

/** The few characters by which a list of keys tells secrets apart. */
export function secretPrefixOf(secret: string): string {
  return secret.startsWith(prefix) ? `${secret.slice(0, prefix.length + 4)}...` : `${secret.slice(0, 4)}...`;
}

function checksum(body: string): string {
  return toBase62(createHash("sha256").update(body, "utf8").digest().subarray(0, 4), checksumLength);
}
