import type { KeyCheckRepository, KeyRecord } from "../../core/key-grants.js";
import { defaultDuplicatePolicy, duplicatePolicies } from "../../core/possible-duplicate.js";
import type { CompanyAccess } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { Statements } from "../../db/database.js";
import { statement } from "../../db/statement.js";
import { organizationTypes } from "./api-key.model.js";

/** The lookup of every request: one prepared statement for the key and its access. */
export function createKeyCheckRepository(database: Statements): KeyCheckRepository {
  return {
    async findByHash(hash) {
      const [row] = await database.read<KeyRow>(findKey, [hash], unaborted());
      return row && toKeyRecord(row);
    },
    async issuedHashes() {
      const rows = await database.read<{ readonly hash: string }>(issuedHashes, [], unaborted());
      return rows.map(({ hash }) => hash);
    },
    async touch(keyId) {
      await database.write(touchKey, [keyId], { ...touchWrite, keyId, signal: unaborted() });
    },
  };
}

/** Requests share a lookup, so the end of one of them must not abort it. The statement timeout limits it. */
function unaborted(): AbortSignal {
  return new AbortController().signal;
}

const touchWrite: Omit<WriteContext, "keyId" | "signal"> = {
  ...{ rpc: "key check", requestId: "", ip: "" },
  companies: [],
};

interface KeyRow {
  readonly key_id: string;
  readonly hash: Uint8Array;
  readonly staff_id: string | null;
  readonly scopes: readonly string[];
  readonly allowed_addresses: readonly string[];
  readonly expires_in_ms: number | null;
  readonly key_expired_time: Date | null;
  readonly revoked_time: Date | null;
  readonly organizations: readonly string[];
  readonly companies: readonly ReachJson[] | null;
}

interface ReachJson {
  readonly id: string;
  readonly country: string;
  readonly time_zone: string;
  readonly refuses_doubtful_phones: boolean;
  readonly duplicate_policy: number;
  /** Null means the whole company. */
  readonly business_ids: readonly string[] | null;
  /** Whether the company has the staff member of the key. */
  readonly has_staff: boolean;
}

/** Access to a whole company takes precedence over access to one of its locations. */
const findKey = statement(
  "keys.check",
  `SELECT k.id AS key_id, s.hash, k.staff_id, k.scopes, k.allowed_addresses, k.revoked_time,
     extract(epoch FROM least(k.expired_time, s.expired_time) - clock_timestamp())::float8 * 1000 AS expires_in_ms,
     k.expired_time AS key_expired_time,
     ARRAY(SELECT o.type || ':' || o.company_id || '/' || o.organization_id FROM api_key_organization o
       WHERE o.key_id = k.id ORDER BY 1) AS organizations,
     (SELECT json_agg(json_build_object('id', c.id, 'country', c.country, 'time_zone', c.time_zone,
         'refuses_doubtful_phones', c.refuses_doubtful_phones, 'duplicate_policy', c.duplicate_policy,
         'business_ids', reach.business_ids,
         'has_staff', EXISTS (SELECT 1 FROM staff m WHERE m.company_id = c.id AND m.id = k.staff_id)) ORDER BY c.id)
      FROM (
        SELECT company_id, CASE WHEN bool_and(business_id IS NOT NULL) THEN json_agg(business_id ORDER BY business_id) END
          AS business_ids
        FROM (
          SELECT o.organization_id::text AS company_id, NULL::text AS business_id
          FROM api_key_organization o WHERE o.key_id = k.id AND o.type = ${organizationTypes.numberOf("COMPANY")}
          UNION ALL
          SELECT e.id::text, NULL
          FROM api_key_organization o JOIN company e ON e.enterprise_id = o.organization_id
          WHERE o.key_id = k.id AND o.type = ${organizationTypes.numberOf("ENTERPRISE")}
          UNION ALL
          SELECT o.company_id, o.organization_id::text
          FROM api_key_organization o WHERE o.key_id = k.id AND o.type = ${organizationTypes.numberOf("BUSINESS")}
        ) named GROUP BY company_id
      ) reach JOIN company c ON c.id = reach.company_id) AS companies
   FROM api_key_secret s JOIN api_key k ON k.id = s.key_id WHERE s.hash = $1`,
);

/** Bounds the memory and time of one read. */
const maxIssued = 20_000;

/** Those of revoked keys too: their rejection needs no protection either. */
const issuedHashes = statement(
  "keys.issued",
  `SELECT encode(hash, 'base64') AS hash FROM api_key_secret ORDER BY created_time DESC LIMIT ${maxIssued}`,
);

/** The condition applies to all processes together, so a busy key costs one small update per minute. */
const touchKey = statement(
  "keys.touch",
  `UPDATE api_key SET last_used_time = date_trunc('milliseconds', statement_timestamp())
   WHERE id = $1 AND (last_used_time IS NULL OR last_used_time <= statement_timestamp() - interval '1 minute')`,
);

/** Prefix of an enterprise among the organizations. It has no company. */
const enterprise = `${organizationTypes.numberOf("ENTERPRISE")}:/`;

function toKeyRecord(row: KeyRow): KeyRecord {
  return {
    keyId: row.key_id,
    hash: row.hash,
    ...(row.staff_id === null ? {} : { staff: { id: row.staff_id, companyIds: companiesOfStaff(row) } }),
    scopes: row.scopes,
    allowedAddresses: row.allowed_addresses,
    ...(row.expires_in_ms === null ? {} : { expiresInMs: row.expires_in_ms }),
    ...(row.key_expired_time ? { keyExpiredTime: row.key_expired_time } : {}),
    ...(row.revoked_time ? { revokedTime: row.revoked_time } : {}),
    organizations: row.organizations,
    enterpriseIds: row.organizations
      .filter((one) => one.startsWith(enterprise))
      .map((one) => one.slice(enterprise.length)),
    companies: (row.companies ?? []).map(toReach),
  };
}

function companiesOfStaff({ companies }: KeyRow): readonly string[] {
  return (companies ?? []).filter((company) => company.has_staff).map((company) => company.id);
}

function toReach({ id, country, time_zone: timeZone, business_ids: businessIds, ...rules }: ReachJson): CompanyAccess {
  const access = {
    ...{ companyId: id, country, timeZone, refusesDoubtfulPhones: rules.refuses_doubtful_phones },
    duplicatePolicy: duplicatePolicies.wordOf(rules.duplicate_policy) ?? defaultDuplicatePolicy,
  };
  return { ...access, ...(businessIds ? { businessIds } : {}) };
}
