import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { createSecretCipher, DecryptionError } from "../../src/db/secret-cipher.js";

const [oldest, older, present] = [randomBytes(32), randomBytes(32), randomBytes(32)];
const cipher = createSecretCipher([present]);
const place = ["cmp_a", "api_1", "x-key"];
const secret = "top-secret-é😀";

describe("a sealed secret", () => {
  it.each(["", "x", secret, "y".repeat(8_192)])("opens where it was sealed for: %s", (text) => {
    expect(cipher.open(cipher.seal(text, place), place)).toBe(text);
  });

  it("tells nothing and is never the same twice", () => {
    const [one, two] = [cipher.seal(secret, place), cipher.seal(secret, place)];
    expect(Buffer.from(one).includes(secret)).toBe(false);
    expect(Buffer.from(one).equals(two)).toBe(false);
  });

  it("does not open when any of its bits was changed", () => {
    const sealed = cipher.seal("ab", place);
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const tampered = sealed.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect(() => cipher.open(tampered, place)).toThrow(DecryptionError);
    }
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => cipher.open(sealed.subarray(0, length), place)).toThrow(DecryptionError);
    }
  });

  it.each([
    { other: ["cmp_b", "api_1", "x-key"] },
    { other: ["cmp_a", "api_2", "x-key"] },
    { other: ["cmp_a", "api_1", "x-kez"] },
    { other: ["cmp_aapi_1", "x-key"] },
    { other: ["cmp_a", "api_1x", "-key"] },
    { other: [] },
  ])("does not open in the place of another: $other", ({ other }) => {
    expect(faultOf(() => cipher.open(cipher.seal(secret, place), other))).toBe("NOT_AUTHENTIC");
  });

  it("says that its key is not known, and nothing of what it holds", () => {
    const sealed = createSecretCipher([older]).seal(secret, place);
    expect(faultOf(() => cipher.open(sealed, place))).toBe("UNKNOWN_KEY");
    const error = thrownBy(() => cipher.open(sealed, place));
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("top-secret");
    expect(inspect(cipher, { depth: 9, showHidden: true })).not.toContain(present.toString("hex").slice(0, 8));
  });
});

describe("a new key", () => {
  const rotated = createSecretCipher([present, older, oldest]);

  it("opens what older ones sealed, and seals under itself", () => {
    for (const key of [oldest, older]) {
      const sealed = createSecretCipher([key]).seal(secret, place);
      expect(rotated.isStale(sealed)).toBe(true);
      const again = rotated.seal(rotated.open(sealed, place), place);
      expect(rotated.isStale(again)).toBe(false);
      expect(cipher.open(again, place)).toBe(secret);
    }
  });
});

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

function faultOf(action: () => unknown) {
  const error = thrownBy(action);
  return error instanceof DecryptionError ? error.fault : undefined;
}
