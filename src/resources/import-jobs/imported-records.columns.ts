import { statement } from "../../db/statement.js";

/** The versions of records by their ids, of those that exist. */
export const versions = {
  customer: statement(
    "imports.customer_versions",
    "SELECT id, version::text AS version, '' AS owner_id FROM customer WHERE company_id = $1 AND id = ANY ($2::text[])",
  ),
  lead: statement(
    "imports.lead_versions",
    "SELECT id, version::text AS version, '' AS owner_id FROM lead WHERE company_id = $1 AND id = ANY ($2::text[])",
  ),
  pet: statement(
    "imports.pet_versions",
    `SELECT id, version::text AS version, coalesce(customer_id, lead_id) AS owner_id FROM pet
WHERE company_id = $1 AND id = ANY ($2::text[])`,
  ),
  package: statement(
    "imports.package_versions",
    `SELECT id, version::text AS version, customer_id AS owner_id FROM package
WHERE company_id = $1 AND id = ANY ($2::text[]) AND deleted_time IS NULL`,
  ),
} as const;
