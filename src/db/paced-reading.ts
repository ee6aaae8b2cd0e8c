import { setImmediate } from "node:timers";
import pg from "pg";

/** Rows of so many bytes are parsed in about a millisecond. */
const bytesPerTurn = 64 * 1024;

/**
 * Lets other requests run while a large result arrives. The driver parses rows as they come, and the runtime reads up to
 * two mebibytes of one connection in a turn of the event loop.
 */
export function readInTurns(client: pg.ClientBase): void {
  if (!(client instanceof pg.Client)) return;
  const { stream } = client.connection;
  let taken = 0;
  stream.on("data", (bytes: Buffer) => {
    taken += bytes.length;
    if (taken < bytesPerTurn) return;
    taken = 0;
    stream.pause();
    setImmediate(() => stream.resume());
  });
}
