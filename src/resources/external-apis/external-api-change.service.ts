import { throwIfInvalid, type Violation } from "../../core/errors.js";
import { requireEtag } from "../../core/write.js";
import type {
  ExternalApi,
  ExternalApiInput,
  ExternalApiRecord,
  ExternalApiUpdate,
  HeaderDraft,
} from "./external-api.model.js";

import type { ExternalApiDraft, ExternalApiFaults } from "./external-api-check.service.js";
import { originOf } from "./external-api-values.service.js";

/** Throws INVALID_REQUEST for a secret header without a secret. */
export function newRecord(input: ExternalApiInput): ExternalApiRecord {
  throwIfInvalid(newSecretFaults(input));
  return toRecord(input);
}

/** Violations of the secrets of a configuration that has none stored. */
export function newSecretFaults({ headers = [] }: Pick<ExternalApiDraft, "headers">): readonly Violation[] {
  return missingSecrets(headers, new Set(), "headers");
}

/**
 * Applies an update to a configuration. A secret is bound to its host: otherwise anyone who can write a configuration
 * could send a secret that nobody can read to a host of their own.
 *
 * @throws DomainError ETAG_MISMATCH, INVALID_REQUEST
 */
export function updatedRecord(
  current: ExternalApi,
  { etag, content }: ExternalApiUpdate,
  faults: ExternalApiFaults,
): ExternalApiRecord {
  requireEtag(etag, current, "ExternalApi");
  const next: ExternalApiInput = { ...current, ...content };
  const moves = originOf(next.url) !== originOf(current.url);
  const kept = moves ? [] : current.headers.filter(({ isSecret }) => isSecret);
  const names = new Set(kept.map(({ name }) => name.toLowerCase()));
  const missing = missingSecrets(next.headers, names, listPath("headers"));
  throwIfInvalid([...faults(next, listPath), ...(content.headers || missing.length === 0 ? missing : [secretsStay])]);
  return toRecord(next);
}

/** Path of a list in an update, which wraps lists in messages to distinguish an empty list from an absent one. */
export function listPath(list: string): string {
  return `${list}.items`;
}

const secretsStay: Violation = {
  field: "url",
  reason: "CONFLICT",
  description: "Must keep its host unless headers are sent with all secret values.",
};

function missingSecrets(headers: readonly HeaderDraft[], kept: ReadonlySet<string>, list: string): Violation[] {
  return headers.flatMap(({ name, secretValue, isSecret }, index) =>
    isSecret && secretValue === undefined && !kept.has(name.toLowerCase())
      ? [
          {
            field: `${list}[${index}].secret_value`,
            reason: "REQUIRED" as const,
            description: "Required: no secret is stored for this header.",
          },
        ]
      : [],
  );
}

function toRecord({ headers, ...content }: ExternalApiInput): ExternalApiRecord {
  const secrets = headers.flatMap(({ name, secretValue }): (readonly [string, string])[] =>
    secretValue === undefined ? [] : [[name.toLowerCase(), secretValue]],
  );
  const { name, description, method, url, requestParams, outputParams, timeoutMs } = content;
  return {
    content: {
      ...{ name, description, method, url, requestParams, outputParams, timeoutMs },
      headers: headers.map((header) => ({
        name: header.name,
        value: header.value,
        isSecret: header.isSecret || header.secretValue !== undefined,
      })),
    },
    secrets: new Map(secrets),
  };
}
