import { statement } from "../../db/statement.js";
import type { ExternalApiModel } from "../../gen/prisma/models.js";

/** A bigint is a string in node-postgres. */
export type ReadRow = Omit<ExternalApiModel, "version"> & { readonly version: string };

/** A configuration with its encrypted secrets in hexadecimal, or null if it has none. */
export interface CalledRow extends ReadRow {
  readonly secrets: readonly { readonly name: string; readonly sealed: string }[] | null;
}

const columns = `company_id AS "companyId", id, name, description, method, url, headers, request_params AS "requestParams",
     output_params AS "outputParams", timeout_ms AS "timeoutMs", archived_time AS "archivedTime",
     created_by AS "createdBy", created_time AS "createdTime", last_updated_by AS "lastUpdatedBy",
     last_updated_time AS "lastUpdatedTime", version`;

export const listNewestFirst = statement(
  "external_api.list",
  `SELECT ${columns}
   FROM external_api
   WHERE company_id = $1 AND ($2::boolean OR archived_time IS NULL)
     AND ($3::timestamptz IS NULL OR (created_time, id) < ($3, $4::text))
   ORDER BY created_time DESC, id DESC LIMIT $5 OFFSET $6`,
);

/**
 * One statement, because a secret is bound to the URL it was given for. Between two statements the URL could move to a
 * new host with a new secret.
 */
export const findWithSecrets = statement(
  "external_api.for_call",
  `SELECT ${columns},
     (SELECT json_agg(json_build_object('name', s.name, 'sealed', encode(s.sealed, 'hex')))
      FROM external_api_secret s WHERE s.company_id = a.company_id AND s.external_api_id = a.id) AS secrets
   FROM external_api a WHERE company_id = $1 AND id = $2`,
);
