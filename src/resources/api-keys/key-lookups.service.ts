import { DomainError } from "../../core/errors.js";
import { type KeyGrant, type KeyRecord, toGrant } from "../../core/key-grants.js";

export interface FoundKey {
  readonly record: KeyRecord;
  readonly grant: KeyGrant;
}

interface Remembered {
  readonly found: FoundKey | undefined;
  readonly askedAtMs: number;
}

export interface LookupOptions {
  readonly find: (hash: Uint8Array) => Promise<KeyRecord | undefined>;
  readonly monotonicMs: () => number;
}

/** How long a result is valid after the query was sent. A revoked key is rejected everywhere within this time. */
const freshMs = 2_000;
const rememberedKnown = 10_000;
const rememberedUnknown = 10_000;
/** Maximum number of concurrent lookups of unknown secrets, and of requests waiting for one. */
const strangersAtOnce = 4;
const strangersWaiting = 1_000;

/**
 * Lookups by hash. Concurrent requests share one query. Results are cached for 2 s, failures are not cached.
 *
 * Invalid secrets must not slow down valid keys: unknown hashes have their own cache, so they never evict known ones,
 * and only a few are looked up concurrently. Known keys are refreshed without waiting.
 */
export function createLookups({ find, monotonicMs }: LookupOptions) {
  const known = new Map<string, Remembered>();
  const unknown = new Map<string, Remembered>();
  const underWay = new Map<string, Promise<FoundKey | undefined>>();
  const strangers = createGate(strangersAtOnce, strangersWaiting);

  async function ask(id: string, hash: Uint8Array): Promise<FoundKey | undefined> {
    const isStranger = !known.has(id);
    if (isStranger) await strangers.enter();
    try {
      const askedAtMs = monotonicMs();
      const record = await find(hash);
      const found = record && { record, grant: toGrant(record) };
      known.delete(id);
      unknown.delete(id);
      if (found) remember(known, rememberedKnown, id, { found, askedAtMs });
      else remember(unknown, rememberedUnknown, id, { found, askedAtMs });
      return found;
    } finally {
      if (isStranger) strangers.leave();
    }
  }

  return {
    async find(hash: Buffer): Promise<FoundKey | undefined> {
      const id = hash.toString("base64");
      const remembered = known.get(id) ?? unknown.get(id);
      if (remembered && monotonicMs() - remembered.askedAtMs < freshMs) return remembered.found;
      let asked = underWay.get(id);
      if (!asked) {
        asked = ask(id, hash).finally(() => underWay.delete(id));
        underWay.set(id, asked);
      }
      return asked;
    },
  };
}

/** Evicts the oldest entry when the limit is exceeded. A refreshed entry counts as new. */
function remember(entries: Map<string, Remembered>, bound: number, id: string, entry: Remembered): void {
  entries.set(id, entry);
  const [oldest] = entries.keys();
  if (entries.size > bound && oldest !== undefined) entries.delete(oldest);
}

/** Admits `width` callers concurrently. Up to `line` more wait, the rest are rejected. */
function createGate(width: number, line: number) {
  let inside = 0;
  const waiting: (() => void)[] = [];
  return {
    async enter(): Promise<void> {
      if (inside < width) {
        inside += 1;
        return;
      }
      if (waiting.length >= line) {
        throw new DomainError("OVERLOADED", "Too many authentication attempts with unknown API keys. Retry later.", {
          retryDelayMs: 1_000,
        });
      }
      // The one that leaves passes its place on, so `inside` does not change.
      await new Promise<void>((resolve) => waiting.push(resolve));
    },
    leave(): void {
      const next = waiting.shift();
      if (next) next();
      else inside -= 1;
    },
  };
}
