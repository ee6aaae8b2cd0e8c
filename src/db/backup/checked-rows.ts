import { type Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createMeter, type Measured, type OnBytes } from "./meter.js";

/** The stored rows of a table, and what they must be. */
export interface CheckedRows {
  open(): Readable | Promise<Readable>;
  readonly expected: Measured;
  /** Says in which way the rows are damaged. */
  damaged(how: "altered" | "unreadable", cause?: unknown): Error;
}

/**
 * Writes rows to the target. The target does not end before they were compared with what they must be. If the target
 * refuses them, they are compared as well: the user of a damaged file needs to know of the damage, not of what it made of
 * the rows.
 *
 * @throws what `damaged` returns; an error of the target, which then has refused the right rows
 */
export async function pipeChecked(rows: CheckedRows, target: Writable, onBytes: OnBytes): Promise<void> {
  const refusal = await refusalOf(rows, target, onBytes);
  if (refusal === undefined) return;
  await refusalOf(rows, nowhere(), () => {});
  throw refusal.error;
}

/** Reads everything, and compares it. */
export async function readChecked(rows: CheckedRows, onBytes: OnBytes): Promise<void> {
  await refusalOf(rows, nowhere(), onBytes);
}

/** What the target has thrown. */
async function refusalOf(
  { open, expected, damaged }: CheckedRows,
  target: Writable,
  onBytes: OnBytes,
): Promise<{ readonly error: unknown } | undefined> {
  const stored = await open();
  let damage: Error | undefined;
  const meter = createMeter(onBytes, ({ bytes, sha256 }) => {
    if (bytes === expected.bytes && sha256 === expected.sha256) return;
    damage = damaged("altered");
    throw damage;
  });
  stored.once("error", (error) => {
    // Otherwise the pipeline has destroyed it, for what the target has refused.
    if (!meter.stream.errored && !target.errored) damage = damaged("unreadable", error);
  });
  try {
    await pipeline(stored, meter.stream, target);
    return undefined;
  } catch (error) {
    if (damage) throw damage;
    return { error };
  }
}

function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
