import type { Database } from "../../db/database.js";
import { statement } from "../../db/statement.js";
import { type ApiKeyRow, apiKeyColumns, organizationJson, toApiKey } from "./api-key.columns.js";
import { type ApiKeyRepository, organizationTypes } from "./api-key.model.js";
import { changeKey, insertKey } from "./api-key-change.repository.js";
import { createKeyList } from "./api-key-list.repository.js";

/** Administration of API keys in the database. */
export function createApiKeyRepository(database: Database): ApiKeyRepository {
  return {
    insert: (key, admission, write) => insertKey(database, { key, ...admission }, write),
    change: (id, rules, write) => changeKey(database, { id, rules }, write),
    list: createKeyList(database),
    async get(id, signal) {
      const [row] = await database.read<ApiKeyRow>(getKey, [id], signal);
      return row && toApiKey(row);
    },
    async existing(organizations, signal) {
      if (organizations.length === 0) return [];
      const values = [organizationJson(organizations)];
      const rows = await database.read<{ found: boolean }>(findOrganizations, values, signal);
      return rows.map((row) => row.found);
    },
    async hasStaff(staffId, organizations, signal) {
      const values = [staffId, organizationJson(organizations)];
      const [row] = await database.read<{ found: boolean }>(findStaff, values, signal);
      return row?.found ?? false;
    },
  };
}

const organizationColumns = "(type smallint, organization_id text, company_id text)";

const business = organizationTypes.numberOf("BUSINESS");
const company = organizationTypes.numberOf("COMPANY");

const getKey = statement("api_keys.get", `SELECT ${apiKeyColumns} FROM api_key k WHERE k.id = $1`);

const findOrganizations = statement(
  "api_keys.organizations",
  `SELECT CASE x.type
       WHEN ${business} THEN EXISTS (SELECT 1 FROM business b WHERE b.company_id = x.company_id AND b.id = x.organization_id)
       WHEN ${company} THEN EXISTS (SELECT 1 FROM company c WHERE c.id = x.organization_id)
       ELSE EXISTS (SELECT 1 FROM company c WHERE c.enterprise_id = x.organization_id)
     END AS found
   FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS ${organizationColumns})
     WITH ORDINALITY AS x(type, organization_id, company_id, position)
   ORDER BY x.position`,
);

const findStaff = statement(
  "api_keys.staff",
  `SELECT EXISTS (
     SELECT 1 FROM jsonb_to_recordset($2::jsonb) AS x${organizationColumns}
     JOIN company c ON CASE x.type
       WHEN ${business} THEN c.id = x.company_id WHEN ${company} THEN c.id = x.organization_id ELSE c.enterprise_id = x.organization_id END
     JOIN staff s ON s.company_id = c.id AND s.id = $1 AND s.archived_time IS NULL
   ) AS found`,
);
