import type { AccessFilter } from "../core/access.js";
import { DomainError, displayName } from "../core/errors.js";
import { Prisma } from "../gen/prisma/client.js";

/**
 * Access predicate of statements that find a customer by id only. `$1` contains the companies of the API key, `$2` its
 * grants (core/principal.ts). A record without a location is inaccessible to an API key limited to locations.
 */
export function accessPredicate(alias: string): string {
  return `${alias}.company_id = ANY($1::text[]) AND ${grantPredicate(alias)}`;
}

/**
 * The same if `$1` contains one company. With the equality the planner expects one row. For an array of unknown length
 * it expects ten, estimates the generic plan as expensive and replans every execution (docs/measurements.md).
 */
export function singleCompanyAccessPredicate(alias: string): string {
  return `${alias}.company_id = ($1::text[])[1] AND ${grantPredicate(alias)}`;
}

/** Both for statements whose parameters have names: `:companyIds` and `:grants`, the members of an access filter. */
export const namedAccess = {
  inSeveral: (alias: string) => named(accessPredicate(alias)),
  inOneCompany: (alias: string) => named(singleCompanyAccessPredicate(alias)),
  ofLeads: (alias: string) => named(`${alias}.company_id = ANY($1::text[]) AND ${leadGrantPredicate(alias)}`),
};

function named(predicate: string): string {
  return predicate.replaceAll("$1", ":companyIds").replaceAll("$2", ":grants");
}

/** Whether `$2` grants access to the company or the location of a row. The company of the row must be known. */
export function grantPredicate(alias: string, location = "preferred_business_id"): string {
  return `(${alias}.company_id = ANY($2::text[]) OR ${alias}.company_id || '/' || ${alias}.${location} = ANY($2::text[]))`;
}

/**
 * The same for leads. Access to a lead is decided by its location, and to a promoted lead by the location of its
 * customer. Otherwise the lead would reveal a customer that has moved to an inaccessible location.
 */
export function leadGrantPredicate(alias: string): string {
  return `CASE WHEN ${alias}.promoted_customer_id IS NULL THEN ${grantPredicate(alias)} ELSE EXISTS (
    SELECT 1 FROM customer g WHERE g.company_id = ${alias}.company_id AND g.id = ${alias}.promoted_customer_id
      AND ${grantPredicate("g")}) END`;
}

/** Converts one of the predicates above for a query whose parameters Prisma numbers. */
export function toPrismaPredicate(predicate: string, { companyIds, grants }: AccessFilter): Prisma.Sql {
  const [before = "", ...parts] = predicate.split(/\$(?=[12]::)/);
  const values = parts.map((part) => [...(part.startsWith("1") ? companyIds : grants)]);
  return Prisma.sql([before, ...parts.map((part) => part.slice(1))], ...values);
}

/** Values of `$1` and `$2`. */
export function accessFilterValues({ companyIds, grants }: AccessFilter): [readonly string[], readonly string[]] {
  return [companyIds, grants];
}

/**
 * The single row with an id. Companies may have the same imported id, so a principal with access to several can find
 * two.
 */
export function requireSingleRow<Row extends { readonly company_id: string }>(
  rows: readonly Row[],
  resource: string,
  id: string,
): Row | undefined {
  if (rows.length <= 1) return rows[0];
  const companyIds = rows.map((row) => row.company_id).toSorted();
  throw new DomainError(
    "AMBIGUOUS_ID",
    `More than one company has this ${displayName(resource)} id. Set the moego-company header.`,
    { metadata: { resource, id, companyIds: companyIds.join(",") } },
  );
}
