import { type Scope, scopes } from "./caller.js";
import { invalidRequest, notFound, type Violation } from "./errors.js";
import { idPrefixes, isId, newId } from "./ids.js";
import { isIpRange } from "./ip-ranges.js";
import { hashSecret, hintOf, makeSecret } from "./key-secrets.js";
import type { Write } from "./write.js";

/** What a key may touch. An enterprise stands for all companies of it, also those that join later. */
export type Organization =
  | { readonly type: "BUSINESS"; readonly companyId: string; readonly id: string }
  | { readonly type: "COMPANY"; readonly id: string }
  | { readonly type: "ENTERPRISE"; readonly id: string };

/** A key as administration sees it; its secrets cannot be read again. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  /** Empty = every scope but the privileged. */
  readonly scopes: readonly string[];
  /** Single addresses or CIDR ranges; empty = anywhere. */
  readonly allowedAddresses: readonly string[];
  readonly organizations: readonly Organization[];
  readonly staffId?: string;
  /** First characters of each secret. */
  readonly hints: readonly string[];
  readonly createdTime: Date;
  readonly expiredTime?: Date;
  readonly revokedTime?: Date;
  /** To the minute. */
  readonly lastUsedTime?: Date;
}

export interface ApiKeyInput {
  readonly name: string;
  readonly organizations: readonly Organization[];
  readonly scopes: readonly string[];
  readonly allowedAddresses: readonly string[];
  readonly staffId?: string;
  readonly expiredTime?: Date;
}

export interface NewApiKey extends ApiKeyInput {
  readonly id: string;
  /** SHA-256 of the secret, 32 bytes. */
  readonly hash: Uint8Array;
  readonly hint: string;
}

export interface ApiKeyPage {
  readonly size: number;
  /** The last key of the page before. */
  readonly after?: ApiKey;
}

export interface ApiKeyRepository {
  /** Stores the key with its first secret. */
  insert(key: NewApiKey, write: Write): Promise<ApiKey>;
  /** Newest first. */
  list(page: ApiKeyPage, signal: AbortSignal): Promise<readonly ApiKey[]>;
  /** Revokes a key; one that is revoked already keeps its time. Undefined when there is no such key. */
  revoke(id: string, write: Write): Promise<ApiKey | undefined>;
  /** Which of the organizations exist, by position. */
  existing(organizations: readonly Organization[], signal: AbortSignal): Promise<readonly boolean[]>;
  /** Whether a company that the organizations reach has this staff member. */
  hasStaff(staffId: string, organizations: readonly Organization[], signal: AbortSignal): Promise<boolean>;
}

export interface ApiKeys {
  /** Makes a key. The secret is in this answer and nowhere else. */
  create(input: ApiKeyInput, write: Write): Promise<{ readonly key: ApiKey; readonly secret: string }>;
  /** Newest first. */
  list(page: ApiKeyPage, signal: AbortSignal): Promise<readonly ApiKey[]>;
  /** From then on the key is refused, by every process within 2 s. Throws RESOURCE_NOT_FOUND. */
  revoke(id: string, write: Write): Promise<ApiKey>;
}

/** Administration of API keys. Whether the caller may hand out what it asks for is checked by the handler. */
export function createApiKeys(options: {
  readonly repository: ApiKeyRepository;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}): ApiKeys {
  const { repository, now } = options;
  return {
    async create(input, write) {
      const violations = [
        ...shapeViolations(input, now()),
        ...(await referenceViolations(input, repository, write.signal)),
      ];
      if (violations.length > 0) throw invalidRequest(violations);
      const secret = makeSecret();
      const stored: NewApiKey = {
        ...input,
        name: input.name.trim(),
        scopes: [...new Set(input.scopes)],
        allowedAddresses: [...new Set(input.allowedAddresses)],
        id: newId(idPrefixes.apiKey),
        hash: hashSecret(secret),
        hint: hintOf(secret),
      };
      return { key: await repository.insert(stored, write), secret };
    },
    list: (page, signal) => repository.list(page, signal),
    async revoke(id, write) {
      const key = await repository.revoke(id, write);
      if (!key) throw notFound("ApiKey", id);
      return key;
    },
  };
}

export function isScope(text: string): text is Scope {
  return scopes.some((scope) => scope === text);
}

const listLimit = 100;

function shapeViolations(input: ApiKeyInput, now: number): Violation[] {
  const found: Violation[] = [];
  const add = (field: string, reason: Violation["reason"], description: string) =>
    found.push({ field, reason, description });

  const nameLength = [...input.name.trim()].length;
  if (nameLength === 0) add("name", "REQUIRED", "A key needs a name.");
  if (nameLength > 100) add("name", "TOO_LONG", "At most 100 characters.");
  if (/\p{Cc}/u.test(input.name)) add("name", "INVALID_FORMAT", "No control characters.");
  for (const [index, scope] of input.scopes.entries()) {
    if (!isScope(scope)) add(`scopes[${index}]`, "NOT_FOUND", `Must be one of ${scopes.join(", ")}.`);
  }
  for (const [index, range] of input.allowedAddresses.entries()) {
    const expected = "Must be an IPv4 or IPv6 address, or a range such as 10.0.0.0/8.";
    if (!isIpRange(range)) add(`allowed_addresses[${index}]`, "INVALID_FORMAT", expected);
  }
  if (input.allowedAddresses.length > listLimit) add("allowed_addresses", "TOO_MANY", `At most ${listLimit}.`);
  if (input.organizations.length > listLimit) add("organizations", "TOO_MANY", `At most ${listLimit}.`);
  if (input.expiredTime && !(input.expiredTime.getTime() > now)) {
    add("expired_time", "OUT_OF_RANGE", "Must be in the future.");
  }
  // A platform key manages companies and keys; it never reads what a company holds.
  const isPlatformKey = input.scopes.includes("platform:admin");
  const named = input.organizations.length;
  if (isPlatformKey && named > 0) add("organizations", "CONFLICT", "A key with platform:admin names none.");
  if (!isPlatformKey && named === 0) add("organizations", "REQUIRED", "A key names at least one organization.");
  return found;
}

/** Looks up only what has the form of an id; the rest cannot exist. */
async function referenceViolations(
  input: ApiKeyInput,
  repository: ApiKeyRepository,
  signal: AbortSignal,
): Promise<Violation[]> {
  const found: Violation[] = [];
  const askable = input.organizations.slice(0, listLimit);
  const wellFormed = askable.filter((one) => isId(one.id) && (one.type !== "BUSINESS" || isId(one.companyId)));
  const existing = await repository.existing(wellFormed, signal);
  for (const [index, organization] of askable.entries()) {
    if (existing[wellFormed.indexOf(organization)]) continue;
    found.push({ field: `organizations[${index}].id`, reason: "NOT_FOUND", description: "No such organization." });
  }
  if (input.staffId !== undefined) {
    const known = isId(input.staffId) && (await repository.hasStaff(input.staffId, wellFormed, signal));
    const description = "No such staff member in a company of the key.";
    if (!known) found.push({ field: "staff_id", reason: "NOT_FOUND", description });
  }
  return found;
}
