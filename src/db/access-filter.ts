import { displayName } from "../core/display-name.js";
import { DomainError } from "../core/errors.js";
import type { AccessFilter } from "../core/principal.js";
import { Prisma } from "../gen/prisma/client.js";

/**
 * The tenant predicate of every statement that finds a customer by its id alone. `$1` is the companies of the key,
 * `$2` its grants (domain/caller.ts). A record without a location is invisible to a key limited to locations.
 */
export function accessPredicate(alias: string): string {
  return `${alias}.company_id = ANY($1::text[]) AND ${grantPredicate(alias)}`;
}

/**
 * The same when `$1` holds one company. The equality tells the planner that an id names one row: of an array whose
 * length it does not know it expects ten, holds a plan for all values to be dear, and plans every call anew
 * (docs/measurements.md).
 */
export function singleCompanyAccessPredicate(alias: string): string {
  return `${alias}.company_id = ($1::text[])[1] AND ${grantPredicate(alias)}`;
}

/** Of rows whose company is known: whether `$2` covers the company or the row's location. */
export function grantPredicate(alias: string): string {
  return `(${alias}.company_id = ANY($2::text[]) OR ${alias}.company_id || '/' || ${alias}.preferred_business_id = ANY($2::text[]))`;
}

/**
 * Of leads whose company is known: a lead is seen where it is, and once it has become a customer where that one is.
 * Otherwise a lead would go on telling of a customer that has moved out of the key's locations.
 */
export function leadGrantPredicate(alias: string): string {
  return `CASE WHEN ${alias}.promoted_customer_id IS NULL THEN ${grantPredicate(alias)} ELSE EXISTS (
    SELECT 1 FROM customer g WHERE g.company_id = ${alias}.company_id AND g.id = ${alias}.promoted_customer_id
      AND ${grantPredicate("g")}) END`;
}

/** A predicate from above for a query whose parameters Prisma numbers. */
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
 * The one row that an id names. Companies may hold the same imported id, so a key that covers several can find two.
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
