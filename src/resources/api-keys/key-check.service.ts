import { timingSafeEqual } from "node:crypto";
import { DomainError } from "../../core/errors.js";
import {
  type KeyChecker,
  type KeyCheckRepository,
  type KeyGrant,
  type KeyRecord,
  toGrant,
} from "../../core/key-grants.js";
import { hashSecret, isWellFormedSecret } from "../../core/key-secrets.js";

export interface Clock {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds of a monotonic clock. */
  readonly monotonicMs: () => number;
}

export const systemClock: Clock = { now: () => Date.now(), monotonicMs: () => performance.now() };

export interface KeyCheckerOptions {
  readonly repository: KeyCheckRepository;
  readonly clock: Clock;
  /** Called if the time of last use could not be stored. The request does not fail. */
  readonly onTouchFailed?: (error: unknown) => void;
}

const touchIntervalMs = 60_000;
const touchedKeys = 10_000;

/** Checks the API key of every request. Lookups are shared and cached for at most 2 s. */
export function createKeyChecker({ repository, clock, onTouchFailed }: KeyCheckerOptions): KeyChecker {
  const lookups = createLookups({ find: (hash) => repository.findByHash(hash), monotonicMs: clock.monotonicMs });
  const touched = new Map<string, number>();

  function touch(keyId: string): void {
    const now = clock.monotonicMs();
    const last = touched.get(keyId);
    if (last !== undefined && now - last < touchIntervalMs) return;
    remember(touched, touchedKeys, keyId, now);
    // Not awaited, so that the request does not wait for it.
    repository.touch(keyId).catch((error: unknown) => onTouchFailed?.(error));
  }

  return {
    async check(secrets) {
      for (const secret of new Set(secrets)) {
        if (!isWellFormedSecret(secret)) continue;
        const hash = hashSecret(secret);
        const found = await lookups.find(hash);
        if (!found || !timingSafeEqual(found.record.hash, hash)) continue;
        refuseEnded(found.record, clock.now());
        touch(found.record.keyId);
        return found.grant;
      }
      throw new DomainError("KEY_UNKNOWN", "Invalid API key.");
    },
  };
}

/** Expiry is checked on every request, so that a cached key expires on time. */
function refuseEnded(record: KeyRecord, now: number): void {
  const metadata = { keyId: record.keyId };
  if (record.revokedTime) throw new DomainError("KEY_REVOKED", "The API key was revoked.", { metadata });
  if (record.expiredTime && record.expiredTime.getTime() <= now) {
    throw new DomainError("KEY_EXPIRED", "The API key has expired.", { metadata });
  }
}

interface FoundKey {
  readonly record: KeyRecord;
  readonly grant: KeyGrant;
}

interface Remembered {
  readonly found: FoundKey | undefined;
  readonly askedAtMs: number;
}

interface LookupOptions {
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
function createLookups({ find, monotonicMs }: LookupOptions) {
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
function remember<Entry>(entries: Map<string, Entry>, bound: number, id: string, entry: Entry): void {
  entries.delete(id);
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
