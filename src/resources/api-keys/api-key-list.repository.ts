import type { Database } from "../../db/database.js";
import { statement } from "../../db/statement.js";
import { type ApiKeyRow, apiKeyColumns, toApiKey } from "./api-key.columns.js";
import { type ApiKeyRepository, organizationTypes } from "./api-key.model.js";

/** Newest first. The page is selected before the children of its rows are read. */
export function createKeyList(database: Database): ApiKeyRepository["list"] {
  return async ({ accessFilter, showRevoked, page }, signal) => {
    const values = [
      ...[showRevoked, page.after?.time ?? null, page.after?.id ?? null, page.size + 1, page.offset],
      ...(accessFilter === "all" ? [] : [accessFilter.grants, accessFilter.enterpriseIds]),
    ];
    const rows = await database.read<ApiKeyRow>(accessFilter === "all" ? listAll : listVisible, values, signal);
    return rows.map(toApiKey);
  };
}

const order = "k.created_time DESC, k.id DESC";

function listOf(name: string, visible: string) {
  return statement(
    name,
    `WITH k AS MATERIALIZED (
       SELECT * FROM api_key k
       WHERE ($1::boolean OR (k.revoked_time IS NULL AND (k.expired_time IS NULL OR k.expired_time > clock_timestamp())))
         AND ($2::timestamptz IS NULL OR (k.created_time, k.id) < ($2, $3::text)) AND ${visible}
       ORDER BY ${order} LIMIT $4 OFFSET $5)
     SELECT ${apiKeyColumns} FROM k ORDER BY ${order}`,
  );
}

const listAll = listOf("api_keys.list_all", "true");

/** Whether the principal has access to the organization `o`. `$6` is its grants, `$7` its enterprises. */
const covered = `CASE o.type
  WHEN ${organizationTypes.numberOf("BUSINESS")} THEN o.company_id = ANY($6::text[]) OR o.company_id || '/' || o.organization_id = ANY($6::text[])
  WHEN ${organizationTypes.numberOf("COMPANY")} THEN o.organization_id = ANY($6::text[])
  ELSE o.organization_id = ANY($7::text[]) END`;

/**
 * The keys that have an organization of the principal, found by it, and no others. Keys of a location are found by its
 * company, with which a grant starts.
 */
const listVisible = listOf(
  "api_keys.list_visible",
  `k.id IN (
     SELECT o.key_id FROM api_key_organization o WHERE o.organization_id = ANY($6::text[] || $7::text[])
     UNION SELECT o.key_id FROM unnest($6::text[]) AS g (granted)
       JOIN api_key_organization o ON o.company_id = split_part(g.granted, '/', 1))
   AND NOT EXISTS (SELECT 1 FROM api_key_organization o WHERE o.key_id = k.id AND NOT (${covered}))`,
);
