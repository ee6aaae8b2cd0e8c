import { hashSecret, secretPrefixOf } from "../core/key-secrets.js";
import { type Scope, scopes } from "../core/principal.js";
import { organizationTypes } from "../resources/api-keys/api-key.model.js";
import { demoCompanyIds, type Row, type Tables } from "./demo-directory.js";

/** Secrets of the demo API keys. They may change with each startup. */
export interface DemoSecrets {
  readonly first: string;
  readonly second: string;
}

/** The demo secrets that are still valid: startup does not renew a key that was rotated or revoked. */
export type WorkingSecrets = Partial<DemoSecrets>;

/** By company id. */
export const demoKeyIds: ReadonlyMap<string, string> = new Map([
  [demoCompanyIds.first, "key_demo_1"],
  [demoCompanyIds.second, "key_demo_2"],
]);

/** @param openKeyIds keys whose demo secret is valid */
export function workingSecrets({ first, second }: DemoSecrets, openKeyIds: readonly string[]): WorkingSecrets {
  const isOpen = (companyId: string) => openKeyIds.includes(demoKeyIds.get(companyId) ?? "");
  return {
    ...(isOpen(demoCompanyIds.first) ? { first } : {}),
    ...(isOpen(demoCompanyIds.second) ? { second } : {}),
  };
}

const createdTime = "2023-01-01T09:00:00Z";
const companyType = organizationTypes.numberOf("COMPANY");

/**
 * Scopes for administration, erasure and exports. A demo key does not have them, because its secret is shown and never expires.
 * `moego keys create` creates keys that have them.
 */
export const withheldScopes: readonly Scope[] = [
  "platform:admin",
  "key:admin",
  "directory:write",
  "customer:erase",
  "lead:erase",
  "company:export",
];

/** One API key per company, with every scope that is not withheld. It acts as staff_001 and never expires. */
export function keyTables(secrets: DemoSecrets): Tables {
  const keys = [...demoKeyIds];
  return [
    ["api_key", keys.map(([companyId, id]) => toKeyRow(companyId, id))],
    ["api_key_organization", keys.map(([companyId, id]) => toOrganizationRow(companyId, id))],
    ["api_key_secret", secretRows(secrets)],
  ];
}

export function secretRows({ first, second }: DemoSecrets): readonly Row[] {
  const secretOf = (companyId: string) => (companyId === demoCompanyIds.first ? first : second);
  return [...demoKeyIds].map(([companyId, id]) => ({
    hash: `\\x${hashSecret(secretOf(companyId)).toString("hex")}`,
    key_id: id,
    hint: secretPrefixOf(secretOf(companyId)),
    created_time: createdTime,
  }));
}

function toKeyRow(companyId: string, id: string): Row {
  return {
    id,
    name: `Demo key of ${companyId}`,
    scopes: scopes.filter((scope) => !withheldScopes.includes(scope)),
    staff_id: "staff_001",
    created_time: createdTime,
    updated_time: createdTime,
  };
}

function toOrganizationRow(companyId: string, id: string): Row {
  return { key_id: id, type: companyType, organization_id: companyId };
}
