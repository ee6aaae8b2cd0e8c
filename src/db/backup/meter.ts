import { createHash } from "node:crypto";
import { Transform } from "node:stream";

/** What passed through a stream. */
export interface Measured {
  readonly bytes: number;
  readonly sha256: string;
}

/** A stream that passes bytes on, and hashes them. */
export interface Meter {
  readonly stream: Transform;
  /** After the stream has ended. */
  measured(): Measured;
}

/**
 * @param onBytes called with the length of each chunk
 * @param check called with the result before the stream ends; what it throws breaks the stream
 */
export function createMeter(onBytes: OnBytes, check: (measured: Measured) => void = () => {}): Meter {
  const hash = createHash("sha256");
  let bytes = 0;
  let result: Measured | undefined;
  const stream = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      bytes += chunk.length;
      onBytes(chunk.length);
      done(null, chunk);
    },
    flush(done) {
      result = { bytes, sha256: hash.digest("hex") };
      try {
        check(result);
        done();
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    },
  });
  return {
    stream,
    measured() {
      if (!result) throw new Error("the stream has not ended");
      return result;
    },
  };
}

export type OnBytes = (bytes: number) => void;
