import { DomainError, invalidRequest, notFoundError, type Violation } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import { generateSecret, hashSecret, secretPrefixOf } from "../../core/key-secrets.js";
import { nameRule, normalise } from "../../core/text.js";
import type { WriteContext } from "../../core/write.js";
import type {
  ApiKey,
  ApiKeyInput,
  ApiKeyQuery,
  ApiKeyRepository,
  KeyRules,
  NewApiKey,
  NewSecret,
} from "./api-key.model.js";
import {
  assertCanDelegate,
  canManageKey,
  type KeyAdministrator,
  keyViolations,
  keyVisibility,
} from "./api-key-rules.service.js";

const dayMs = 86_400_000;

/** How long the previous secret stays valid after a rotation: default and maximum. */
export const defaultOverlapMs = dayMs;
export const maxOverlapMs = 30 * dayMs;

/** A key and, unless this is a replay, its secret. */
export interface IssuedKey {
  readonly key: ApiKey;
  /** Absent in a replay. */
  readonly secret?: string;
}

export type ApiKeys = ReturnType<typeof createApiKeys>;

/** Administration of API keys. A key cannot grant, read or gain more access than it has (api-key-rules.service.ts). */
export function createApiKeys(options: {
  readonly repository: ApiKeyRepository;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}) {
  const { repository, now } = options;
  return {
    /** Creates a key. Only this response contains the secret. */
    async create(input: ApiKeyInput, manager: KeyAdministrator, write: WriteContext) {
      assertCanDelegate(manager, input);
      const violations: readonly Violation[] = await keyViolations(input, {
        repository,
        now: now(),
        signal: write.signal,
      });
      // Without an idempotency claim this cannot be a replay.
      if (violations.length > 0 && !write.claim) throw invalidRequest(violations);
      const secret = generateSecret();
      const stored: NewApiKey = {
        ...input,
        name: normalise(input.name, nameRule),
        scopes: [...new Set(input.scopes)],
        allowedAddresses: [...new Set(input.allowedAddresses)],
        id: newId(idPrefixes.apiKey),
        ...toStored(secret),
      };
      const key = await repository.insert(stored, { admit: violations.length === 0 }, write);
      if (!key) throw invalidRequest(violations);
      return issued(key, secret, write);
    },

    async get(id: string, manager: KeyAdministrator, signal: AbortSignal) {
      const key = await repository.get(id, signal);
      if (!key || !canManageKey(manager, key)) throw keyNotFound(id);
      return key;
    },

    /** Newest first. Returns one row more than the page size if there is a next page. */
    list: (query: Omit<ApiKeyQuery, "accessFilter">, manager: KeyAdministrator, signal: AbortSignal) =>
      repository.list({ ...query, accessFilter: keyVisibility(manager) }, signal),

    /** Gives a key a new secret. The previous one stays valid for `overlapMs`. */
    async rotate(
      { id, overlapMs }: { readonly id: string; readonly overlapMs: number },
      manager: KeyAdministrator,
      write: WriteContext,
    ) {
      const secret = generateSecret();
      const rules: KeyRules = {
        admit(key) {
          if (!canManageKey(manager, key)) throw keyNotFound(id);
          // The new secret grants the access of the key.
          assertCanDelegate(manager, key);
        },
        decide(key, time) {
          assertInForce(key, time);
          return { kind: "rotate", secret: toStored(secret), overlapMs };
        },
      };
      const key = await repository.change(id, rules, write);
      return issued(key, secret, write);
    },

    /** Revokes a key. Every process rejects it within 2 s. Throws RESOURCE_NOT_FOUND. */
    async revoke(id: string, manager: KeyAdministrator, write: WriteContext) {
      const rules: KeyRules = {
        admit(key) {
          if (!canManageKey(manager, key)) throw keyNotFound(id);
        },
        decide: (key) => (key.revokedTime ? undefined : { kind: "revoke" }),
      };
      return repository.change(id, rules, write);
    },
  };
}

function toStored(secret: string): NewSecret {
  return { hash: hashSecret(secret), hint: secretPrefixOf(secret) };
}

/** Only the request that stored a secret knows it. */
function issued(key: ApiKey, secret: string, { claim }: WriteContext): IssuedKey {
  return claim?.replayed ? { key } : { key, secret };
}

function keyNotFound(id: string): DomainError {
  return notFoundError("ApiKey", id);
}

function assertInForce({ id, revokedTime, expiredTime }: ApiKey, now: Date): void {
  if (!revokedTime && !(expiredTime && expiredTime <= now)) return;
  throw new DomainError("KEY_NOT_IN_FORCE", "The API key was revoked or has expired.", { metadata: { keyId: id } });
}
