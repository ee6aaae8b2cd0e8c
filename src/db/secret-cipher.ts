import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

/** What a secret belongs to: company, resource, name. It can only be decrypted with the same context. */
export type SealContext = readonly string[];

/** Encrypts secrets in the database, so that a dump does not reveal them. */
export interface SecretCipher {
  /** Encrypts with the current key. The result differs each time. */
  seal(secret: string, context: SealContext): Uint8Array<ArrayBuffer>;
  /** @throws DecryptionError */
  open(sealed: Uint8Array, context: SealContext): string;
  /** Whether the secret was encrypted with a previous or an unknown key. */
  isStale(sealed: Uint8Array): boolean;
  /** Whether the key of the secret is the current or a previous one. The first five bytes are sufficient. */
  hasKeyOf(sealed: Uint8Array): boolean;
}

export type SealFault =
  /** The secret was encrypted with a key that is not in SECRET_KEY or SECRET_KEY_PREVIOUS. */
  | "UNKNOWN_KEY"
  /** Not an encrypted secret, or it was modified or belongs to another context. */
  | "NOT_AUTHENTIC";

/** A secret could not be decrypted. The message contains nothing of it. */
export class DecryptionError extends Error {
  override readonly name = "SealError";

  constructor(readonly fault: SealFault) {
    super(faultMessages[fault]);
  }
}

const faultMessages = {
  UNKNOWN_KEY: "The secret was encrypted with a key that is not in SECRET_KEY or SECRET_KEY_PREVIOUS.",
  NOT_AUTHENTIC: "The encrypted secret was modified or belongs to another record.",
} satisfies Record<SealFault, string>;

/** Version (1 byte), key id (4), nonce (12), tag (16), then the ciphertext. */
const version = 1;
const keyIdBytes = 4;
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = 1 + keyIdBytes;
const prefixBytes = headBytes + nonceBytes + tagBytes;

/**
 * AES-256-GCM with a random 96-bit nonce, safe for 2^32 secrets per key (NIST SP 800-38D, 8.3). Version, key id and
 * context are authenticated together with the secret.
 *
 * @param keys 32 bytes each: the current key, then previous ones for decryption
 */
export function createSecretCipher([present, ...older]: readonly [Uint8Array, ...Uint8Array[]]): SecretCipher {
  const keys = new Map([...older, present].map((key) => [keyIdOf(key), key]));
  const presentId = keyIdOf(present);
  return {
    seal(secret, context) {
      const head = Buffer.concat([Buffer.of(version), Buffer.from(presentId, "hex")]);
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", present, nonce, { authTagLength: tagBytes });
      cipher.setAAD(authenticated(head, context));
      const text = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
      return Uint8Array.from(Buffer.concat([head, nonce, cipher.getAuthTag(), text]));
    },
    open(sealed, context) {
      const bytes = Buffer.from(sealed);
      if (bytes.length < prefixBytes || bytes[0] !== version) throw new DecryptionError("NOT_AUTHENTIC");
      const key = keys.get(sealedUnder(bytes));
      if (!key) throw new DecryptionError("UNKNOWN_KEY");
      const nonce = bytes.subarray(headBytes, headBytes + nonceBytes);
      const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
      decipher.setAAD(authenticated(bytes.subarray(0, headBytes), context));
      decipher.setAuthTag(bytes.subarray(headBytes + nonceBytes, prefixBytes));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(prefixBytes)), decipher.final()]).toString("utf8");
      } catch {
        throw new DecryptionError("NOT_AUTHENTIC");
      }
    },
    hasKeyOf: (sealed) => keys.has(sealedUnder(Buffer.from(sealed))),
    isStale: (sealed) => sealedUnder(Buffer.from(sealed)) !== presentId,
  };
}

/**
 * Identifies a key without revealing anything about it. A collision within one deployment is practically impossible.
 */
function keyIdOf(key: Uint8Array): string {
  return createHash("sha256").update(key).digest().subarray(0, keyIdBytes).toString("hex");
}

function sealedUnder(bytes: Buffer): string {
  return bytes.subarray(1, headBytes).toString("hex");
}

/** JSON preserves the boundaries of the parts: ["a", "bc"] and ["ab", "c"] are different contexts. */
function authenticated(head: Buffer, context: SealContext): Buffer {
  return Buffer.concat([head, Buffer.from(JSON.stringify(context))]);
}
