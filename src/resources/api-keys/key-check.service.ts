import { timingSafeEqual } from "node:crypto";
import { DomainError } from "../../core/errors.js";
import type { AttemptBudget, KeyChecker, KeyCheckRepository } from "../../core/key-grants.js";
import { hashSecret, isWellFormedSecret } from "../../core/key-secrets.js";
import { createKeyLookups, type FoundKey, remember } from "./key-lookups.service.js";

export interface KeyCheckerOptions {
  readonly repository: KeyCheckRepository;
  /** Milliseconds of a monotonic clock. */
  readonly monotonicMs: () => number;
  /** Limits lookups of unknown secrets; default: no limit. */
  readonly budget?: AttemptBudget;
  /** Called if the time of last use could not be stored. The request does not fail. */
  readonly onTouchFailed?: (error: unknown) => void;
}

const touchIntervalMs = 60_000;
const touchedKeys = 10_000;

/** Checks the API key of every request. Lookups are shared and cached for at most 2 s. */
export function createKeyChecker({ repository, monotonicMs, budget, onTouchFailed }: KeyCheckerOptions): KeyChecker {
  const lookups = createKeyLookups({
    repository,
    monotonicMs,
    budget: budget ?? unlimited,
  });
  const touched = new Map<string, number>();

  function touch(keyId: string): void {
    const now = monotonicMs();
    const last = touched.get(keyId);
    if (last !== undefined && now - last < touchIntervalMs) return;
    remember(touched, touchedKeys, keyId, now);
    // Not awaited, so that the request does not wait for it.
    repository.touch(keyId).catch((error: unknown) => onTouchFailed?.(error));
  }

  return {
    async check(secrets, address) {
      for (const secret of new Set(secrets)) {
        const hash = hashSecret(secret);
        // To check the form takes longer than the rest. A key that is known has been checked.
        const known = lookups.known(hash);
        if (!known && !isWellFormedSecret(secret)) continue;
        const found = known ?? (await lookups.find(hash, address));
        if (!found || !timingSafeEqual(found.record.hash, hash)) continue;
        refuseEnded(found, monotonicMs());
        touch(found.record.keyId);
        return found.grant;
      }
      throw new DomainError("KEY_UNKNOWN", "Invalid API key.");
    },
  };
}

/** Expiry is checked on every request, so that a cached key expires on time. */
function refuseEnded({ record, askedAtMs }: FoundKey, now: number): void {
  const metadata = { keyId: record.keyId };
  if (record.revokedTime) throw new DomainError("KEY_REVOKED", "The API key was revoked.", { metadata });
  if (record.expiresInMs !== undefined && askedAtMs + record.expiresInMs <= now) {
    throw new DomainError("KEY_EXPIRED", "The API key has expired.", { metadata });
  }
}

const unlimited: AttemptBudget = { take: () => undefined, giveBack() {} };
