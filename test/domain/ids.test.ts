import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { idPrefixes, isId, newId, toBase62 } from "../../src/core/ids.js";

it("makes ids that are ids, for every prefix", () => {
  for (const prefix of Object.values(idPrefixes)) {
    const id = newId(prefix);
    expect(id).toMatch(new RegExp(`^${prefix}[0-9A-Za-z]{22}$`));
    expect(isId(id)).toBe(true);
  }
});

it("makes ids that ascend byte by byte, also within one millisecond", () => {
  const made = Array.from({ length: 20_000 }, () => newId(idPrefixes.customer));
  expect([...made].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))).toEqual(made);
  expect(new Set(made).size).toBe(made.length);
});

it("keeps the order of the bytes in the order of the text", () => {
  const values = ["00", "01", "3d", "3e", "7f", "ff"].map((hex) => Buffer.from(hex + "0".repeat(30), "hex"));
  const texts = values.map((value) => toBase62(value, 22));
  expect([...texts].sort()).toEqual(texts);
  expect(toBase62(Buffer.alloc(16, 255), 22)).toHaveLength(22);
  expect(toBase62(Buffer.alloc(16), 22)).toBe("0".repeat(22));
});

it("writes any bytes as the number that they are", () => {
  for (const size of [0, 1, 2, 3, 4, 15, 16, 32])
    for (let sample = 0; sample < 200; sample += 1) {
      const bytes = randomBytes(size).fill(sample % 2 === 0 ? 0 : 255, 0, sample % (size + 1));
      let [rest, text] = [BigInt(`0x0${bytes.toString("hex")}`), ""];
      for (; rest > 0n; rest /= 62n)
        text = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[Number(rest % 62n)] + text;
      expect(toBase62(bytes, 22)).toBe(text.padStart(22, "0"));
    }
});

it.each(["copH7x2", "cmp_001", "a", "A.b-c_9", "x".repeat(30)])("takes the imported id %s", (id) => {
  expect(isId(id)).toBe(true);
});

it.each(["", "x".repeat(31), "a b", "a/b", "é", "a\n", "a\u0000"])("refuses %j as an id", (id) => {
  expect(isId(id)).toBe(false);
});
