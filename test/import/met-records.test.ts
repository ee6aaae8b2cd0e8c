import { expect, it } from "vitest";
import { createEntryKeys } from "../../src/import/run/entry-keys.js";
import { createMetRecords } from "../../src/import/run/met-records.js";

it("knows each of many records with its content, and no other one", () => {
  const keys = createEntryKeys({ secret: Buffer.alloc(32, 7), name: "met", generation: 0 });
  const recordOf = (n: number, content: number) => ({
    key: keys.keyOf("customer", String(n)),
    contentHash: keys.hashOf(content),
  });
  const met = createMetRecords();
  for (let n = 0; n < 3_000; n += 2) met.add(recordOf(n, n));
  const found = (n: number, content: number) => met.find(recordOf(n, content));
  for (let n = 0; n < 3_000; n += 2) {
    expect(found(n, n)).toBe("same");
    expect(found(n + 1, n)).toBe("new");
  }
  expect(found(4, 5)).toBe("other");
  met.add(recordOf(4, 5));
  expect(found(4, 5)).toBe("same");
});
