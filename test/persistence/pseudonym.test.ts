import { describe, expect, it } from "vitest";
import { createPseudonym } from "../../src/db/erasure/pseudonym.js";

const [salt, older] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];

describe("the pseudonym of an erased record", () => {
  it("is the same for the same record alone", () => {
    const pseudonym = createPseudonym(salt);
    expect(pseudonym("cmp_a", "customer", "old-1")).toEqual(pseudonym("cmp_a", "customer", "old-1"));
    const others = [
      ...[pseudonym("cmp_b", "customer", "old-1"), pseudonym("cmp_a", "lead", "old-1")],
      ...[pseudonym("cmp_a", "customer", "old-2"), createPseudonym(older)("cmp_a", "customer", "old-1")],
    ];
    expect(others).not.toContainEqual(pseudonym("cmp_a", "customer", "old-1"));
  });

  it("is taken from the present secret, and known from the older ones", () => {
    const names = (...salts: [Uint8Array, ...Uint8Array[]]) => createPseudonym(...salts)("cmp_a", "lead", "old-1");
    expect(names(salt, older)).toEqual([...names(salt), ...names(older)]);
  });
});
