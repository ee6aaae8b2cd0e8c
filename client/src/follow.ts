import { type EntryOf, entriesOf, type List, type Page, type Position, pages } from "./pages.js";
import { wait } from "./wait.js";

/** A time of the contract. */
interface Time {
  readonly seconds: bigint;
  readonly nanos: number;
}

interface Changed {
  readonly id: string;
  readonly lastUpdatedTime?: Time;
  /** As packages name it. */
  readonly lastUpdateTime?: Time;
}

export interface FollowOptions {
  /** The `lastUpdatedTime` of the last entry that was stored. Without it, every record is returned first. */
  readonly since?: Time;
  /** Pause between two looks for changes, in milliseconds. Default: 10,000. */
  readonly everyMs?: number;
  /** Ends the loop. Without it, the loop never ends by itself. */
  readonly signal?: AbortSignal;
}

/**
 * Every record of a list, then every change of one, in the order of their times. Store each entry under its id, remove it if
 * `deleted` is true, and remember its time as `since` of the next start.
 *
 * @param list lists customers, leads, pets or packages by the time of their change
 * @param requestSince makes the request that lists what has changed since a time
 */
export async function* follow<Request extends Position, Answer extends Page>(
  list: List<Request, Answer>,
  requestSince: (time: Time) => NoInfer<Request>,
  { since = { seconds: 0n, nanos: 0 }, everyMs = 10_000, signal = new AbortController().signal }: FollowOptions = {},
): AsyncGenerator<EntryOf<Answer> & Changed> {
  try {
    yield* changesOf(list, requestSince, { since, everyMs, signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function* changesOf<Request extends Position, Answer extends Page>(
  list: List<Request, Answer>,
  requestSince: (time: Time) => NoInfer<Request>,
  { since, everyMs, signal }: Required<FollowOptions>,
): AsyncGenerator<EntryOf<Answer> & Changed> {
  let time = since;
  // Entries with exactly the time of the last one are listed again.
  let seen = new Map<string, string>();
  while (!signal.aborted) {
    for await (const page of pages(list, requestSince(time), { signal })) {
      for (const entry of entriesOf<EntryOf<Answer> & Changed>(page)) {
        const changed = entry.lastUpdatedTime ?? entry.lastUpdateTime ?? time;
        const text = textOf(entry);
        if (changed.seconds !== time.seconds || changed.nanos !== time.nanos) seen = new Map();
        else if (seen.get(entry.id) === text) continue;
        seen.set(entry.id, text);
        time = changed;
        yield entry;
      }
    }
    await wait(everyMs, signal);
  }
}

function textOf(entry: object): string {
  return JSON.stringify(entry, (_name, value) => (typeof value === "bigint" ? `${value}` : value));
}
