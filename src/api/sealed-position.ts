import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";

/** Positions of rows whose number must not be shown: it counts the rows of all companies. */
export interface SealedPositions {
  /** 22 characters of base64url, for the cursor of a page token. */
  seal(number: string): string;
  open(sealed: string): string;
}

const blockBytes = 16;
const numberOffset = 8;

/**
 * A page token is signed and can be read. The number of a row is therefore encrypted in it. One block per number needs
 * no initialization vector: equal positions may look equal.
 *
 * @param secret `PAGE_TOKEN_SECRET`
 */
export function createSealedPositions(secret: string): SealedPositions {
  const key = new Uint8Array(hkdfSync("sha256", secret, "", "moego page positions", 32));
  return {
    seal(number) {
      const block = Buffer.alloc(blockBytes);
      block.writeBigInt64BE(BigInt(number), numberOffset);
      return createCipheriv("aes-256-ecb", key, null).setAutoPadding(false).update(block).toString("base64url");
    },
    open(sealed) {
      const decipher = createDecipheriv("aes-256-ecb", key, null).setAutoPadding(false);
      return decipher.update(Buffer.from(sealed, "base64url")).readBigInt64BE(numberOffset).toString();
    },
  };
}
