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

const petsOfOthers = (owner: "customer" | "lead") => `EXISTS (
  SELECT 1 FROM pet p WHERE p.company_id = $1 AND p.${owner}_id = o.id AND NOT EXISTS (
    SELECT 1 FROM import_record r WHERE r.company_id = $1 AND r.job_id = $3 AND r.kind = 'pet' AND r.record_id = p.id
      AND p.version = 1))`;

/** Which records are as the import made them. */
export const untouched = {
  customer: statement(
    "imports.untouched_customers",
    `SELECT o.id FROM customer o WHERE o.company_id = $1 AND o.id = ANY ($2::text[]) AND o.version = 1
  AND NOT ${petsOfOthers("customer")}
  AND NOT EXISTS (SELECT 1 FROM package k WHERE k.company_id = $1 AND k.customer_id = o.id AND NOT (
    k.deleted_time IS NOT NULL AND EXISTS (SELECT 1 FROM import_record r WHERE r.company_id = $1 AND r.kind = 'package'
      AND r.record_id = k.id AND r.state = 'UNDONE')))`,
  ),
  lead: statement(
    "imports.untouched_leads",
    `SELECT o.id FROM lead o WHERE o.company_id = $1 AND o.id = ANY ($2::text[]) AND o.version = 1
  AND NOT ${petsOfOthers("lead")}`,
  ),
  pet: statement(
    "imports.untouched_pets",
    "SELECT id FROM pet WHERE company_id = $1 AND id = ANY ($2::text[]) AND version = 1",
  ),
  package: statement(
    "imports.untouched_packages",
    "SELECT id FROM package WHERE company_id = $1 AND id = ANY ($2::text[]) AND version = 1",
  ),
} as const;
