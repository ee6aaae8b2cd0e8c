import { type ApiKey, type Organization, organizationTypes } from "./api-key.model.js";

export interface ApiKeyRow {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly allowed_addresses: readonly string[];
  readonly staff_id: string | null;
  readonly created_time: Date;
  readonly updated_time: Date;
  readonly expired_time: Date | null;
  readonly revoked_time: Date | null;
  readonly last_used_time: Date | null;
  readonly hints: readonly string[] | null;
  readonly organizations: readonly OrganizationJson[] | null;
}

interface OrganizationJson {
  readonly type: number;
  readonly organization_id: string;
  readonly company_id: string;
}

/** The columns of `api_key AS k` and its children. */
export const apiKeyColumns = `k.id, k.name, k.scopes, k.allowed_addresses, k.staff_id, k.created_time, k.updated_time,
  k.expired_time, k.revoked_time, k.last_used_time,
  (SELECT json_agg(s.hint ORDER BY s.created_time, s.hash) FROM api_key_secret s WHERE s.key_id = k.id) AS hints,
  (SELECT json_agg(json_build_object('type', o.type, 'organization_id', o.organization_id, 'company_id', o.company_id)
     ORDER BY o.type DESC, o.organization_id, o.company_id)
   FROM api_key_organization o WHERE o.key_id = k.id) AS organizations`;

export function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes,
    allowedAddresses: row.allowed_addresses,
    organizations: row.organizations?.map(toOrganization) ?? [],
    ...(row.staff_id === null ? {} : { staffId: row.staff_id }),
    hints: row.hints ?? [],
    createdTime: row.created_time,
    updatedTime: row.updated_time,
    ...(row.expired_time ? { expiredTime: row.expired_time } : {}),
    ...(row.revoked_time ? { revokedTime: row.revoked_time } : {}),
    ...(row.last_used_time ? { lastUsedTime: row.last_used_time } : {}),
  };
}

/** Organizations as one statement parameter. */
export function organizationJson(organizations: readonly Organization[]): string {
  const rows = organizations.map(organizationColumns).map(({ type, organizationId, companyId }) => ({
    type,
    organization_id: organizationId,
    company_id: companyId,
  }));
  return JSON.stringify(rows satisfies OrganizationJson[]);
}

/** The row of an organization. Only a location has a company. */
export function organizationColumns(organization: Organization) {
  return {
    type: organizationTypes.numberOf(organization.type),
    organizationId: organization.id,
    companyId: organization.type === "BUSINESS" ? organization.companyId : "",
  };
}

function toOrganization({ type: number, organization_id: id, company_id: companyId }: OrganizationJson): Organization {
  const type = organizationTypes.wordOf(number) ?? "ENTERPRISE";
  return type === "BUSINESS" ? { type, companyId, id } : { type, id };
}
