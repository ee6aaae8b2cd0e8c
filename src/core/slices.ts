import { setImmediate } from "node:timers";

/** Long work holds the event loop for about this long at a time. */
const sliceMs = 1;

/** The clock is read once for so much work, since reading it takes as long as encoding a small message. */
const bytesPerLook = 16 * 1024;
/** About what is done in a millisecond, to guess when a slice began: small work never reads the clock. */
const bytesPerMs = 256 * 1024;

/** The slice that runs. */
const slice = { unseenBytes: 0, endsAt: 0 };

/**
 * Whether the slice that runs has had its time. Its work then yields.
 *
 * @param bytes handled since the last call
 */
export function isSliceOver(bytes: number): boolean {
  slice.unseenBytes += bytes;
  if (slice.unseenBytes < bytesPerLook) return false;
  const now = performance.now();
  if (slice.endsAt === 0) slice.endsAt = now + sliceMs - slice.unseenBytes / bytesPerMs;
  slice.unseenBytes = 0;
  return now >= slice.endsAt;
}

/**
 * Runs work that yields whenever its slice is over. Other requests run between two slices: a mebibyte takes tens of
 * milliseconds, for which all other companies would wait. Work of one slice is done at once.
 */
export function inSlices<T>(work: Generator<void, T>): T | Promise<T> {
  const first = runSlice(work);
  return first.done ? first.value : finish(work);
}

/** What an item counts for whose size is not known. */
const bytesPerItem = 1024;

/** The mapped items, in slices. */
export function mapInSlices<T, U>(items: readonly T[], map: (item: T) => U): U[] | Promise<U[]> {
  return inSlices(mapEach(items, map));
}

function* mapEach<T, U>(items: readonly T[], map: (item: T) => U): Generator<void, U[]> {
  const mapped: U[] = [];
  for (const item of items) {
    mapped.push(map(item));
    if (isSliceOver(bytesPerItem)) yield;
  }
  return mapped;
}

function runSlice<T>(work: Generator<void, T>): IteratorResult<void, T> {
  slice.unseenBytes = 0;
  slice.endsAt = 0;
  return work.next();
}

async function finish<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    await nextTurn();
    const next = runSlice(work);
    if (next.done) return next.value;
  }
}

const waiting: (() => void)[] = [];
let isScheduled = false;

/** Resolves in a later turn of the event loop. In each turn only one slice of all requests runs. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    schedule();
  });
}

function schedule(): void {
  if (isScheduled) return;
  isScheduled = true;
  setImmediate(() => {
    isScheduled = false;
    waiting.shift()?.();
    if (waiting.length > 0) schedule();
  });
}
