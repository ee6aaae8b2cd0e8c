import { Readable } from "node:stream";
import type pg from "pg";
import { cancelOnAbort } from "./pooled-client.js";

/** Rows as PostgreSQL has written them. */
export interface CopiedRows {
  readonly bytes: Buffer;
  /** Rows that end in these bytes. */
  readonly rows: number;
}

/** Enough to make the cost of a part small, and little enough to hold many of them. */
const partBytes = 64 * 1024;

/**
 * Runs `COPY ... TO STDOUT`. PostgreSQL sends one message per row, so each part ends with a whole row. The connection is
 * not read while a part waits to be taken: the server then waits as well, and the memory stays the same.
 *
 * A caller that stops early cancels the statement, which fails the transaction.
 *
 * @throws the signal's reason, or the error of the statement
 */
export async function* copyOut(client: pg.ClientBase, text: string, signal: AbortSignal): AsyncGenerator<CopiedRows> {
  signal.throwIfAborted();
  const reading = createReading();
  const stopping = new AbortController();
  const onAbort = () => stopping.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const watch = cancelOnAbort(client, stopping.signal);
  client.query(reading.query(text));
  try {
    for (let part = await reading.next(); part; part = await reading.next()) {
      signal.throwIfAborted();
      yield part;
    }
    signal.throwIfAborted();
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    if (!reading.hasEnded()) stopping.abort();
    await reading.discard();
    await watch.finish();
  }
}

/** The same as a stream of bytes. Destroying it cancels the statement. */
export function copyOutStream(client: pg.ClientBase, text: string): Readable {
  return Readable.from(bytesOf(copyOut(client, text, new AbortController().signal)), { objectMode: false });
}

async function* bytesOf(parts: AsyncIterable<CopiedRows>): AsyncGenerator<Buffer> {
  for await (const { bytes } of parts) yield bytes;
}

function createReading() {
  const parts: CopiedRows[] = [];
  let target = Buffer.allocUnsafeSlow(partBytes);
  let size = 0;
  let rows = 0;
  let stream: pg.Connection["stream"] | undefined;
  let failure: Error | undefined;
  let hasEnded = false;
  let isDiscarding = false;
  let wake = () => {};

  function cut(nextBytes: number): void {
    if (size > 0) parts.push({ bytes: target.subarray(0, size), rows });
    target = Buffer.allocUnsafeSlow(Math.max(partBytes, nextBytes));
    size = 0;
    rows = 0;
  }

  const change = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  const end = () => {
    hasEnded = true;
    if (!isDiscarding) cut(0);
    // A full part can have paused it with the last bytes of the statement. The connection is the next one's.
    stream?.resume();
    wake();
  };

  return {
    hasEnded: () => hasEnded,

    /** What the driver calls for each message of the server. */
    query: (text: string) => ({
      submit(connection: pg.Connection) {
        stream = connection.stream;
        connection.query(text);
      },
      /** Copies the row: the driver reuses its buffer. */
      handleCopyData({ chunk }: { readonly chunk: Buffer }) {
        if (isDiscarding) return;
        if (size + chunk.length > target.length) {
          cut(chunk.length);
          stream?.pause();
          wake();
        }
        size += chunk.copy(target, size);
        rows += 1;
      },
      handleError(error: Error) {
        failure = error;
        end();
      },
      handleReadyForQuery: end,
      handleCommandComplete() {},
      handleRowDescription() {},
    }),

    /** Undefined after the last part. */
    async next(): Promise<CopiedRows | undefined> {
      while (true) {
        const part = parts.shift();
        if (part) return part;
        if (hasEnded && failure) throw failure;
        if (hasEnded) return undefined;
        const changed = change();
        stream?.resume();
        await changed;
      }
    },

    /** Reads to the end of the statement, and keeps nothing. */
    async discard(): Promise<void> {
      isDiscarding = true;
      parts.length = 0;
      while (!hasEnded) {
        const changed = change();
        stream?.resume();
        await changed;
      }
    },
  };
}
