import { create } from "@bufbuild/protobuf";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { moment, momentBound } from "../../src/api/google-types.js";

const timestamp = (seconds: bigint, nanos: number) => create(TimestampSchema, { seconds, nanos });

describe("a moment", () => {
  it.each([
    [timestamp(0n, 999_999_999), 999],
    [timestamp(0n, 1_600_000), 1],
    [timestamp(-1n, 999_600_000), -1],
  ])("is cut to the millisecond: %o", (value, ms) => {
    expect(moment.parse(value).getTime()).toBe(ms);
  });

  it.each([
    [timestamp(0n, 1), 1],
    [timestamp(0n, 600_000), 1],
    [timestamp(0n, 1_000_000), 1],
    [timestamp(-1n, 999_600_000), 0],
  ])("is rounded up where it bounds others: %o", (value, ms) => {
    expect(momentBound.parse(value).getTime()).toBe(ms);
  });

  it.each([timestamp(0n, -1), timestamp(0n, 1_000_000_000), timestamp(253_402_300_800n, 0), timestamp(2n ** 62n, 0)])(
    "is refused outside the years 0001 to 9999 and with nanoseconds that are none: %o",
    (value) => {
      expect(moment.safeParse(value)).toMatchObject({ error: { issues: [{ params: { reason: "OUT_OF_RANGE" } }] } });
    },
  );
});
