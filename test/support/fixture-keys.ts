import { hashSecret, secretPrefixOf } from "../../src/core/key-secrets.js";
import { type Scope, scopes } from "../../src/core/principal.js";
import type { Row } from "../../src/demo/demo-directory.js";

/** A key to insert as rows, as administration would have left it. */
export interface FixtureKey {
  readonly id: string;
  readonly secret: string;
  readonly organizations: readonly Organization[];
  /** Empty = all but the privileged. */
  readonly scopes: readonly Scope[];
  readonly staffId?: string;
  readonly allowedAddresses?: readonly string[];
  readonly expiredTime?: string;
  readonly revokedTime?: string;
}

type Organization =
  | { readonly type: "BUSINESS"; readonly companyId: string; readonly id: string }
  | { readonly type: "COMPANY" | "ENTERPRISE"; readonly id: string };

const all = scopes.filter((scope) => scope !== "platform:admin");
const platformScopes = ["platform:admin", "key:admin"] as const;
const company = (id: string): Organization => ({ type: "COMPANY", id });

/** A key for the companies given, with every scope but `platform:admin` unless told otherwise. */
export function fixtureKey(
  id: string,
  organizations: readonly Organization[],
  more: Partial<FixtureKey> = {},
): FixtureKey {
  return { id, secret: `secret-of-${id}-in-the-tests`.padEnd(40, "-"), organizations, scopes: all, ...more };
}

/** The keys of every test database. */
export const keys = {
  /** Everything in company A; acts as a staff member. */
  a: fixtureKey("key_a", [company("cmp_a")], { staffId: "staff_a1" }),
  /** Everything in company A; acts as nobody. */
  aOther: fixtureKey("key_a_other", [company("cmp_a")]),
  aReadOnly: fixtureKey("key_a_read", [company("cmp_a")], {
    scopes: ["customer:read", "setting:read", "directory:read"],
  }),
  aWithoutSettingWrite: fixtureKey("key_a_no_settings", [company("cmp_a")], {
    scopes: all.filter((scope) => scope !== "setting:write"),
  }),
  b: fixtureKey("key_b", [company("cmp_b")], { staffId: "staff_b1" }),
  c: fixtureKey("key_c", [company("cmp_c")], { staffId: "staff_c1" }),
  /** A company of two customers at most. */
  quota: fixtureKey("key_quota", [company("cmp_quota")]),
  /** One location of company A. */
  businessA1: fixtureKey("key_biz_a1", [{ type: "BUSINESS", companyId: "cmp_a", id: "biz_a1" }], {
    staffId: "staff_a1",
  }),
  /** Companies A and B. */
  enterprise: fixtureKey("key_enterprise", [{ type: "ENTERPRISE", id: "ent_ab" }]),
  expired: fixtureKey("key_expired", [company("cmp_a")], { expiredTime: "2024-01-01T00:00:00Z" }),
  revoked: fixtureKey("key_revoked", [company("cmp_a")], { revokedTime: "2024-01-01T00:00:00Z" }),
  /** Good from a network where no test runs. */
  distant: fixtureKey("key_distant", [company("cmp_a")], { allowedAddresses: ["203.0.113.0/24"] }),
  /** Good from here alone. */
  nearby: fixtureKey("key_nearby", [company("cmp_a")], { allowedAddresses: ["127.0.0.0/8", "::1"] }),
  /** Manages companies and keys, and reads nothing of a tenant. */
  platform: fixtureKey("key_platform", [], { scopes: platformScopes }),
  /** A platform key that changes companies as well. */
  operator: fixtureKey("key_operator", [], { scopes: [...platformScopes, "directory:write"] }),
  platformOther: fixtureKey("key_platform_other", [], { scopes: platformScopes }),
  platformNearby: fixtureKey("key_platform_near", [], {
    scopes: platformScopes,
    allowedAddresses: ["127.0.0.0/8", "::1"],
  }),
} as const;

/** Rows by table, in the order in which they can be inserted. */
export function keyTables(list: readonly FixtureKey[]): readonly (readonly [table: string, rows: readonly Row[]])[] {
  const createdTime = "2023-01-01T00:00:00Z";
  return [
    [
      "api_key",
      list.map((key) => ({
        id: key.id,
        name: key.id,
        scopes: key.scopes,
        allowed_addresses: key.allowedAddresses ?? [],
        staff_id: key.staffId ?? null,
        created_time: createdTime,
        updated_time: createdTime,
        expired_time: key.expiredTime ?? null,
        revoked_time: key.revokedTime ?? null,
      })),
    ],
    [
      "api_key_organization",
      list.flatMap((key) =>
        key.organizations.map((organization) => ({
          key_id: key.id,
          type: typeNumbers[organization.type],
          organization_id: organization.id,
          company_id: organization.type === "BUSINESS" ? organization.companyId : "",
        })),
      ),
    ],
    [
      "api_key_secret",
      list.map(({ id, secret }) => ({
        hash: `\\x${hashSecret(secret).toString("hex")}`,
        key_id: id,
        hint: secretPrefixOf(secret),
        created_time: createdTime,
      })),
    ],
  ];
}

/** As moego.auth.apikey.v1.Organization.Type. */
const typeNumbers = { BUSINESS: 1, COMPANY: 2, ENTERPRISE: 3 } as const;

/** The documented form of the credential. */
export function authorizationOf({ secret }: Pick<FixtureKey, "secret">): string {
  return `Basic ${Buffer.from(secret).toString("base64")}`;
}
