import { createHash } from "node:crypto";
import { Readable, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { type CheckedRows, pipeChecked } from "../../src/db/backup/checked-rows.js";

const chunks = Array.from({ length: 100 }, (_, place) => Buffer.alloc(64 * 1024, `row ${place}\n`));
const bytes = Buffer.concat(chunks);

/** Stored rows that must have this content. */
function rows(expected: Buffer, open: () => Readable = () => Readable.from(chunks)): CheckedRows {
  const sha256 = createHash("sha256").update(expected).digest("hex");
  return { open, expected: { bytes: expected.length, sha256 }, damaged: (how) => new Error(how) };
}

/** Ends with what it was given, or refuses the first chunk. */
function target(isRefusing: boolean): { readonly stream: Writable; readonly given: Buffer[]; isEnded(): boolean } {
  const given: Buffer[] = [];
  let hasEnded = false;
  const stream = new Writable({
    write(chunk, _, done) {
      given.push(chunk);
      done(isRefusing ? new Error("refused") : null);
    },
    final(done) {
      hasEnded = true;
      done();
    },
  });
  return { stream, given, isEnded: () => hasEnded };
}

async function failureOf(stored: CheckedRows, { stream }: { readonly stream: Writable }): Promise<string> {
  return await pipeChecked(stored, stream, () => {}).then(
    () => "",
    (error) => error.message,
  );
}

function* unreadable(): Generator<Buffer> {
  yield Buffer.from("row");
  throw new Error("EIO");
}

describe("rows that are written while they are compared with their hash", () => {
  it("are the same, and their target ends", async () => {
    const sink = target(false);
    expect(await failureOf(rows(bytes), sink)).toBe("");
    expect(Buffer.concat(sink.given).equals(bytes)).toBe(true);
    expect(sink.isEnded()).toBe(true);
  });

  it("are damaged if they were altered, and their target does not end", async () => {
    const sink = target(false);
    expect(await failureOf(rows(bytes.subarray(1)), sink)).toBe("altered");
    expect(sink.isEnded()).toBe(false);
  });

  it("are damaged if they were altered, although the target refused them before they were read", async () => {
    expect(await failureOf(rows(bytes.subarray(1)), target(true))).toBe("altered");
  });

  it("are damaged if they cannot be read, although the target refused the first of them", async () => {
    const stored = rows(bytes, () => Readable.from(unreadable()));
    expect(await failureOf(stored, target(false))).toBe("unreadable");
    expect(await failureOf(stored, target(true))).toBe("unreadable");
  });

  it("are refused by their target if they are right", async () => {
    expect(await failureOf(rows(bytes), target(true))).toBe("refused");
  });
});
