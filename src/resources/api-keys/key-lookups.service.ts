import { DomainError } from "../../core/errors.js";
import {
  type AttemptBudget,
  type KeyCheckRepository,
  type KeyGrant,
  type KeyRecord,
  toGrant,
} from "../../core/key-grants.js";
import { createFairGate } from "./fair-gate.service.js";

export interface FoundKey {
  readonly record: KeyRecord;
  /** When the query was sent, by the monotonic clock. */
  readonly askedAtMs: number;
  readonly grant: KeyGrant;
}

interface Remembered {
  readonly found: FoundKey | undefined;
  readonly askedAtMs: number;
}

interface LookupOptions {
  readonly repository: Pick<KeyCheckRepository, "findByHash" | "issuedHashes">;
  readonly budget: AttemptBudget;
  readonly monotonicMs: () => number;
}

/** How long a result is valid after the query was sent. A revoked key is rejected everywhere within this time. */
const freshMs = 2_000;
const rememberedKnown = 10_000;
const rememberedUnknown = 10_000;
/** One lookup of an unknown secret at a time, so that the second connection of key checks is free for known keys. */
const gateLimits = { width: 1, line: 1_000, waitMs: 1_000 };

/**
 * Lookups by hash. Concurrent requests share one query. Results are cached for 2 s, failures are not cached.
 *
 * Invalid secrets must not slow down valid keys. Unknown hashes have their own cache, so they never evict known ones.
 * Each client address has a budget of lookups, and they run one at a time. Known keys are refreshed without waiting. A
 * key that this process has not seen yet could look like an invalid one: before it would wait or be rejected, the hashes
 * of all keys decide.
 */
export function createKeyLookups({ repository, budget, monotonicMs }: LookupOptions) {
  const known = new Map<string, Remembered>();
  const unknown = new Map<string, Remembered>();
  const underWay = new Map<string, Promise<FoundKey | undefined>>();
  const gate = createFairGate(gateLimits);
  const isIssued = createIssued(repository, monotonicMs);

  async function find(id: string, hash: Uint8Array): Promise<FoundKey | undefined> {
    const askedAtMs = monotonicMs();
    const record = await repository.findByHash(hash);
    const found = record && { record, askedAtMs, grant: toGrant(record) };
    known.delete(id);
    unknown.delete(id);
    if (found) remember(known, rememberedKnown, id, { found, askedAtMs });
    else remember(unknown, rememberedUnknown, id, { found, askedAtMs });
    return found;
  }

  async function findUnknown(id: string, hash: Uint8Array, address: string): Promise<FoundKey | undefined> {
    const exhausted = budget.take(address);
    if ((exhausted || gate.isBusy()) && (await isIssued(id))) {
      if (!exhausted) budget.giveBack(address);
      return find(id, hash);
    }
    if (exhausted) throw tooManyAttempts(exhausted.retryDelayMs);
    const found = await gate.pass(address, () => find(id, hash));
    if (found) budget.giveBack(address);
    return found;
  }

  const isFresh = ({ askedAtMs }: Remembered) => monotonicMs() - askedAtMs < freshMs;

  return {
    /** A key that was found within the last 2 s. */
    known(hash: Buffer): FoundKey | undefined {
      const remembered = known.get(hash.toString("base64"));
      return remembered && isFresh(remembered) ? remembered.found : undefined;
    },

    /** @param address client address, or the network that counts as one client */
    async find(hash: Buffer, address: string): Promise<FoundKey | undefined> {
      const id = hash.toString("base64");
      const remembered = known.get(id) ?? unknown.get(id);
      if (remembered && isFresh(remembered)) return remembered.found;
      let asked = underWay.get(id);
      if (!asked) {
        asked = (known.has(id) ? find(id, hash) : findUnknown(id, hash, address)).finally(() => underWay.delete(id));
        underWay.set(id, asked);
      }
      return asked;
    },
  };
}

function tooManyAttempts(retryDelayMs: number): DomainError {
  return new DomainError("RATE_LIMITED", "Too many requests with invalid API keys from this address.", {
    metadata: { limit: "address" },
    retryDelayMs,
  });
}

/** Whether a key has the hash. Reads the hashes of all keys at most every 2 s, and only under a flood. */
function createIssued({ issuedHashes }: Pick<KeyCheckRepository, "issuedHashes">, monotonicMs: () => number) {
  let issued: ReadonlySet<string> = new Set();
  let readAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  async function read(): Promise<void> {
    readAtMs = monotonicMs();
    // Without the hashes a new key has to wait as an invalid one does.
    issued = new Set(await issuedHashes().catch(() => []));
  }

  return async (id: string): Promise<boolean> => {
    if (issued.has(id)) return true;
    if (monotonicMs() - readAtMs >= freshMs) {
      reading ??= read().finally(() => {
        reading = undefined;
      });
    }
    await reading;
    return issued.has(id);
  };
}

/** Evicts the oldest entry when the limit is exceeded. A refreshed entry counts as new. */
export function remember<Entry>(entries: Map<string, Entry>, bound: number, id: string, entry: Entry): void {
  entries.delete(id);
  entries.set(id, entry);
  const [oldest] = entries.keys();
  if (entries.size > bound && oldest !== undefined) entries.delete(oldest);
}
