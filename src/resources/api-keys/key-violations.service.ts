import type { Violation } from "../../core/errors.js";
import { isId } from "../../core/ids.js";
import { isIpRange } from "../../core/ip-ranges.js";
import { type Scope, scopes } from "../../core/principal.js";
import { nameRule, normalise, textFault } from "../../core/text.js";
import type { ApiKeyInput, ApiKeyRepository } from "./api-key.model.js";

export interface KeyChecks {
  readonly repository: Pick<ApiKeyRepository, "existing" | "hasStaff">;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly signal: AbortSignal;
}

/** All violations of a new key, with paths within the key. */
export async function keyViolations(input: ApiKeyInput, checks: KeyChecks): Promise<readonly Violation[]> {
  return [...shapeViolations(input, checks.now), ...(await referenceViolations(input, checks))];
}

function isScope(text: string): text is Scope {
  return scopes.some((scope) => scope === text);
}

const listLimit = 100;

function shapeViolations(input: ApiKeyInput, now: number): Violation[] {
  const found: Violation[] = [];
  const add = (field: string, reason: Violation["reason"], description: string) =>
    found.push({ field, reason, description });

  const nameFault = textFault(normalise(input.name, nameRule), nameRule);
  if (nameFault) add("name", nameFault.reason, nameFault.description);
  for (const [index, scope] of input.scopes.entries()) {
    if (!isScope(scope)) add(`scopes[${index}]`, "NOT_FOUND", `Must be one of ${scopes.join(", ")}.`);
  }
  for (const [index, range] of input.allowedAddresses.entries()) {
    const expected = "Must be an IPv4 or IPv6 address or a CIDR range, for example 10.0.0.0/8.";
    if (!isIpRange(range)) add(`allowed_addresses[${index}]`, "INVALID_FORMAT", expected);
  }
  if (input.allowedAddresses.length > listLimit)
    add("allowed_addresses", "TOO_MANY", `Must have at most ${listLimit} items.`);
  if (input.organizations.length > listLimit) add("organizations", "TOO_MANY", `Must have at most ${listLimit} items.`);
  if (input.expiredTime && !(input.expiredTime.getTime() > now)) {
    add("expired_time", "OUT_OF_RANGE", "Must be in the future.");
  }
  // An operator API key manages companies and keys. It never reads tenant data.
  const isPlatformKey = input.scopes.includes("platform:admin");
  const named = input.organizations.length;
  if (isPlatformKey && named > 0)
    add("organizations", "CONFLICT", "Must be empty for an API key with scope platform:admin.");
  if (!isPlatformKey && named === 0)
    add("organizations", "REQUIRED", "Must have at least one company, location or enterprise.");
  return found;
}

/** Looks up only valid ids. The others cannot exist. */
async function referenceViolations(input: ApiKeyInput, { repository, signal }: KeyChecks): Promise<Violation[]> {
  const found: Violation[] = [];
  const askable = input.organizations.slice(0, listLimit);
  const wellFormed = askable.filter((one) => isId(one.id) && (one.type !== "BUSINESS" || isId(one.companyId)));
  const existing = await repository.existing(wellFormed, signal);
  for (const [index, organization] of askable.entries()) {
    if (existing[wellFormed.indexOf(organization)]) continue;
    found.push({ field: `organizations[${index}].id`, reason: "NOT_FOUND", description: "Not found." });
  }
  if (input.staffId !== undefined) {
    const known = isId(input.staffId) && (await repository.hasStaff(input.staffId, wellFormed, signal));
    const description = "Not found in any company of this API key.";
    if (!known) found.push({ field: "staff_id", reason: "NOT_FOUND", description });
  }
  return found;
}
