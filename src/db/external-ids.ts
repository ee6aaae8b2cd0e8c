import { type ExternalId, externalIdKey, externalIdTaken } from "../core/external-id.js";
import type { Prisma } from "../gen/prisma/client.js";
import { violatedConstraint } from "./database-errors.js";

/** Violated if another customer has an external id. */
export const externalIdKeyName = "customer_external_id_pkey";

/** The result of a write. Throws ALREADY_EXISTS if another customer has an external id that it stores. */
export async function refusingTakenIds<Result>(written: Promise<Result>): Promise<Result> {
  try {
    return await written;
  } catch (error) {
    throw violatedConstraint(error) === externalIdKeyName ? externalIdTaken("Customer") : error;
  }
}

/** JSON of lists of external ids, for `jsonb_to_recordset(...) AS r (system text, id text)`. */
export function externalIdsJson(ids: readonly ExternalId[]): string {
  return JSON.stringify(ids.map(({ system, id }) => ({ system, id })));
}

/**
 * The insert of `:externalIds` of a new customer.
 *
 * @param created the common table expression that has its row
 */
export function insertExternalIdsSql(created: string): string {
  return `INSERT INTO customer_external_id (company_id, customer_id, system, external_id)
    SELECT :companyId, :id, r.system, r.id FROM ${created}, jsonb_to_recordset(:externalIds::jsonb) AS r (system text, id text)`;
}

interface OwnedIds {
  readonly id: string;
  readonly externalIds: readonly ExternalId[];
}

/** Stores external ids that customers did not have. */
export async function insertExternalIds(
  tx: Prisma.TransactionClient,
  companyId: string,
  owned: readonly OwnedIds[],
): Promise<void> {
  const rows = owned.flatMap(({ id: owner, externalIds }) =>
    externalIds.map(({ system, id }) => ({ owner, system, id })),
  );
  if (rows.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO customer_external_id (company_id, customer_id, system, external_id)
    SELECT ${companyId}, r.owner, r.system, r.id
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r (owner text, system text, id text)`;
}

/** The customers of the company that have one of these external ids, by `externalIdKey`. */
export async function takenExternalIds(
  tx: Prisma.TransactionClient,
  companyId: string,
  ids: readonly ExternalId[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.$queryRaw<(ExternalId & { readonly owner: string })[]>`
    SELECT x.system, x.external_id AS id, x.customer_id AS owner FROM customer_external_id x
    JOIN jsonb_to_recordset(${externalIdsJson(ids)}::jsonb) AS r (system text, id text)
      ON x.system = r.system AND x.external_id = r.id
    WHERE x.company_id = ${companyId}`;
  return new Map(rows.map(({ owner, ...id }) => [externalIdKey(id), owner]));
}
