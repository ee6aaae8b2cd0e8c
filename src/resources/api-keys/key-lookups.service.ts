import { DomainError } from "../../core/errors.js";
import type { KeyGrant } from "../../core/key-grants.js";
import { type KeyRecord, toGrant } from "../../core/key-grants.js";

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

/** How long an answer counts, from the moment the database was asked: a revoked key stops everywhere within it. */
const freshMs = 2_000;
const rememberedKnown = 10_000;
const rememberedUnknown = 10_000;
/** Look-ups of secrets never seen before that may be under way, and that may wait, at once. */
const strangersAtOnce = 4;
const strangersWaiting = 1_000;

/**
 * Look-ups by hash: one query for all who ask at the same time, answers remembered for 2 s, failures never.
 *
 * A flood of made-up secrets must not hurt those who hold a key: unknown hashes are remembered apart from known ones
 * and so never push one out, and only a few are looked up at once, while a known key is renewed without waiting.
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

/** The oldest entry goes when the bound is passed; a renewed one counts as new. */
function remember(entries: Map<string, Remembered>, bound: number, id: string, entry: Remembered): void {
  entries.set(id, entry);
  const [oldest] = entries.keys();
  if (entries.size > bound && oldest !== undefined) entries.delete(oldest);
}

/** Lets `width` through at once; more wait in line, up to `line`, and the rest are refused. */
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
      // The one who leaves hands its place over, so `inside` does not change.
      await new Promise<void>((resolve) => waiting.push(resolve));
    },
    leave(): void {
      const next = waiting.shift();
      if (next) next();
      else inside -= 1;
    },
  };
}
