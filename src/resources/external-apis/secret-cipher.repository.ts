import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

/** What a secret belongs to: company, resource, name. A sealed secret opens in the place it was sealed for, only. */
export type SealContext = readonly string[];

/** Encrypts secrets for the database, so that a dump of it tells none. */
export interface SecretCipher {
  /** Under the present key; a different result each time. */
  seal(secret: string, context: SealContext): Uint8Array<ArrayBuffer>;
  /** @throws SealError */
  open(sealed: Uint8Array, context: SealContext): string;
  /** Whether it was sealed under an older key, or one that is not known. */
  isStale(sealed: Uint8Array): boolean;
}

export type SealFault =
  /** Neither SECRET_KEY nor one of SECRET_KEY_PREVIOUS sealed it. */
  | "UNKNOWN_KEY"
  /** It is no sealed secret, was changed, or belongs to another place. */
  | "NOT_AUTHENTIC";

/** A sealed secret does not open. The message holds nothing of it. */
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

/** version 1, key id 4, nonce 12, tag 16, then the ciphertext. */
const version = 1;
const keyIdBytes = 4;
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = 1 + keyIdBytes;
const prefixBytes = headBytes + nonceBytes + tagBytes;

/**
 * AES-256-GCM with a random nonce of 96 bits: safe for 2^32 secrets of one key (NIST SP 800-38D, 8.3). Version, key id and
 * context are authenticated with the secret.
 *
 * @param keys of 32 bytes each: the present one, then older ones that still open
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
    isStale: (sealed) => sealedUnder(Buffer.from(sealed)) !== presentId,
  };
}

/** Tells keys apart without telling anything of them; two of one installation never share it by chance worth the name. */
function keyIdOf(key: Uint8Array): string {
  return createHash("sha256").update(key).digest().subarray(0, keyIdBytes).toString("hex");
}

function sealedUnder(bytes: Buffer): string {
  return bytes.subarray(1, headBytes).toString("hex");
}

/** JSON keeps the borders between the parts: ["a", "bc"] is another place than ["ab", "c"]. */
function authenticated(head: Buffer, context: SealContext): Buffer {
  return Buffer.concat([head, Buffer.from(JSON.stringify(context))]);
}
