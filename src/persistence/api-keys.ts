import type { ApiKeyRepository, Organization } from "../domain/api-keys.js";
import { type ApiKeyRow, apiKeyColumns, organizationJson, toApiKey } from "./api-key-rows.js";
import type { Database } from "./database.js";
import { statement } from "./statement.js";

/** The administration of API keys in the database. */
export function createApiKeyRepository(database: Database): ApiKeyRepository {
  return {
    async insert(key, write) {
      const values = [
        ...[key.id, key.name, key.scopes, key.allowedAddresses, key.staffId ?? null, key.expiredTime ?? null],
        ...[key.hash, key.hint, organizationJson(key.organizations)],
      ];
      const [row] = await database.write<ApiKeyRow>(insertKey, values, write);
      if (!row) throw new Error("The insert of an API key returned no row.");
      // The statement does not see the rows of its own CTEs.
      return { ...toApiKey(row), organizations: key.organizations, hints: [key.hint] };
    },
    async list({ size, after }, signal) {
      const values = [size, after?.createdTime ?? null, after?.id ?? null];
      const rows = await database.read<ApiKeyRow>(listKeys, values, signal);
      return rows.map(toApiKey);
    },
    async revoke(id, write) {
      const [row] = await database.write<ApiKeyRow>(revokeKey, [id], write);
      return row && toApiKey(row);
    },
    async existing(organizations, signal) {
      if (organizations.length === 0) return [];
      const rows = await database.read<{ found: boolean }>(
        findOrganizations,
        [organizationJson(organizations)],
        signal,
      );
      return rows.map((row) => row.found);
    },
    async hasStaff(staffId: string, organizations: readonly Organization[], signal) {
      const values = [staffId, organizationJson(organizations)];
      const [row] = await database.read<{ found: boolean }>(findStaff, values, signal);
      return row?.found ?? false;
    },
  };
}

const organizationColumns = "(type smallint, organization_id text, company_id text)";

const insertKey = statement(
  "api_keys.insert",
  `WITH k AS (
     INSERT INTO api_key (id, name, scopes, allowed_addresses, staff_id, expired_time, created_time, updated_time)
     SELECT $1, $2, $3::text[], $4::text[], $5, $6, now.ms, now.ms
     FROM (SELECT date_trunc('milliseconds', statement_timestamp()) AS ms) now RETURNING *),
   s AS (INSERT INTO api_key_secret (hash, key_id, hint, created_time) SELECT $7::bytea, k.id, $8, k.created_time FROM k),
   o AS (
     INSERT INTO api_key_organization (key_id, type, organization_id, company_id)
     SELECT DISTINCT k.id, x.type, x.organization_id, x.company_id
     FROM k, jsonb_to_recordset($9::jsonb) AS x${organizationColumns})
   SELECT ${apiKeyColumns} FROM k`,
);

const listKeys = statement(
  "api_keys.list",
  `SELECT ${apiKeyColumns} FROM api_key k
   WHERE $2::timestamptz IS NULL OR (k.created_time, k.id) < ($2, $3::text)
   ORDER BY k.created_time DESC, k.id DESC LIMIT $1`,
);

const revokeKey = statement(
  "api_keys.revoke",
  `UPDATE api_key AS k SET
     revoked_time = coalesce(k.revoked_time, date_trunc('milliseconds', statement_timestamp())),
     updated_time = date_trunc('milliseconds', statement_timestamp())
   WHERE k.id = $1 RETURNING ${apiKeyColumns}`,
);

const findOrganizations = statement(
  "api_keys.organizations",
  `SELECT CASE x.type
       WHEN 1 THEN EXISTS (SELECT FROM business b WHERE b.company_id = x.company_id AND b.id = x.organization_id)
       WHEN 2 THEN EXISTS (SELECT FROM company c WHERE c.id = x.organization_id)
       ELSE EXISTS (SELECT FROM company c WHERE c.enterprise_id = x.organization_id)
     END AS found
   FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS ${organizationColumns})
     WITH ORDINALITY AS x(type, organization_id, company_id, position)
   ORDER BY x.position`,
);

const findStaff = statement(
  "api_keys.staff",
  `SELECT EXISTS (
     SELECT FROM jsonb_to_recordset($2::jsonb) AS x${organizationColumns}
     JOIN company c ON CASE x.type
       WHEN 1 THEN c.id = x.company_id WHEN 2 THEN c.id = x.organization_id ELSE c.enterprise_id = x.organization_id END
     JOIN staff s ON s.company_id = c.id AND s.id = $1 AND s.archived_time IS NULL
   ) AS found`,
);
