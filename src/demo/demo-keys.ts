import { hashSecret, secretPrefixOf } from "../core/key-secrets.js";
import { scopes } from "../core/principal.js";
import { demoCompanyIds } from "./demo-directory.js";
import type { Row, Tables } from "./demo-rows.js";

/** The secrets of the demo keys, which may change from start to start. */
export interface DemoSecrets {
  readonly first: string;
  readonly second: string;
}

/** Those of the secrets that open their key: a key that was rotated or revoked is not renewed by a start. */
export type WorkingSecrets = Partial<DemoSecrets>;

/** Ids of the demo keys by company. */
export const demoKeyIds: ReadonlyMap<string, string> = new Map([
  [demoCompanyIds.first, "key_demo_1"],
  [demoCompanyIds.second, "key_demo_2"],
]);

/** @param openKeyIds the keys that their secret opens */
export function workingSecrets({ first, second }: DemoSecrets, openKeyIds: readonly string[]): WorkingSecrets {
  const isOpen = (companyId: string) => openKeyIds.includes(demoKeyIds.get(companyId) ?? "");
  return {
    ...(isOpen(demoCompanyIds.first) ? { first } : {}),
    ...(isOpen(demoCompanyIds.second) ? { second } : {}),
  };
}

const createdTime = "2023-01-01T09:00:00Z";
const companyType = 2;

/** One key for each company. Each has every scope but `platform:admin`, acts as staff_001 and never expires. */
export function keyTables(secrets: DemoSecrets): Tables {
  const keys = [...demoKeyIds];
  return [
    ["api_key", keys.map(([companyId, id]) => toKeyRow(companyId, id))],
    ["api_key_organization", keys.map(([companyId, id]) => toOrganizationRow(companyId, id))],
    ["api_key_secret", secretRows(secrets)],
  ];
}

/** The secrets as the database keeps them. */
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
    scopes: scopes.filter((scope) => scope !== "platform:admin"),
    staff_id: "staff_001",
    created_time: createdTime,
    updated_time: createdTime,
  };
}

function toOrganizationRow(companyId: string, id: string): Row {
  return { key_id: id, type: companyType, organization_id: companyId };
}
