import type { Visibility } from "../domain/caller.js";
import { DomainError } from "../domain/errors.js";

/**
 * The tenant predicate of every statement that finds a customer by its id alone. `$1` is the companies of the key,
 * `$2` its grants (domain/caller.ts). A record without a location is invisible to a key limited to locations.
 */
export function visibleTo(alias: string): string {
  return `${alias}.company_id = ANY($1::text[])
    AND (${alias}.company_id = ANY($2::text[]) OR ${alias}.company_id || '/' || ${alias}.preferred_business_id = ANY($2::text[]))`;
}

/** Values of `$1` and `$2`. */
export function visibilityValues({ companyIds, grants }: Visibility): [readonly string[], readonly string[]] {
  return [companyIds, grants];
}

/**
 * The one row that an id names. Companies may hold the same imported id, so a key that covers several can find two.
 */
export function theOne<Row extends { readonly company_id: string }>(
  rows: readonly Row[],
  resource: string,
  id: string,
): Row | undefined {
  if (rows.length <= 1) return rows[0];
  const companyIds = rows.map((row) => row.company_id).toSorted();
  throw new DomainError(
    "AMBIGUOUS_ID",
    `${resource} ids are unique within a company. Name the company in the moego-company header.`,
    { metadata: { resource, id, companyIds: companyIds.join(",") } },
  );
}
