import { type DestinationStream, destination } from "pino";

/** Standard output is reserved for command results and the startup banner. */
const stderr = 2;
/** About 20,000 lines. */
const maxBufferedBytes = 8 * 1_024 * 1_024;
/** Lines are written together, because a write costs as much as ten lines: after so many bytes, or so much time. */
const writtenBytes = 3_584;
/** A write of no more bytes stays whole in a pipe to which several processes write. */
const maxWrittenBytes = 4_096;
const writtenAfterMs = 50;

export interface LogDestination extends DestinationStream {
  /** Writes what is buffered before it returns: before an exit. */
  flushSync(): void;
  /** Resolves when everything is written. */
  flush(): Promise<void>;
  /** Number of lines that found the buffer full. */
  dropped(): number;
}

/**
 * Standard error, written in the background, so that a slow reader of the log does not hold up requests. If it stays
 * behind by more than the buffer, lines are dropped and counted, and a line tells their number once the reader has
 * caught up. pino writes the buffer when the process exits.
 */
export function openLogDestination(fd: number = stderr): LogDestination {
  let dropped = 0;
  let told = 0;
  let isDue = false;
  const stream = destination({
    dest: fd,
    sync: false,
    minLength: writtenBytes,
    maxWrite: maxWrittenBytes,
    maxLength: maxBufferedBytes,
  });
  const writeSoon = () => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      stream.flush();
    }, writtenAfterMs).unref();
  };
  stream.on("drop", () => {
    dropped += 1;
  });
  stream.on("drain", () => {
    if (dropped === told) return;
    const line = { level: "warn", time: new Date().toISOString(), dropped: dropped - told, msg: "log lines dropped" };
    told = dropped;
    stream.write(`${JSON.stringify(line)}\n`);
  });
  return {
    write(line) {
      stream.write(line);
      writeSoon();
    },
    flushSync: () => stream.flushSync(),
    flush: () => new Promise((resolve) => stream.flush(() => resolve())),
    dropped: () => dropped,
  };
}
