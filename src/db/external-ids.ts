import { type ExternalId, externalIdKey, externalIdTaken, withoutExternalIds } from "../core/external-id.js";
import { Prisma } from "../gen/prisma/client.js";
import { violatedConstraint } from "./database-errors.js";

/** Records with external ids. Each kind has a table of them. */
export type ExternalKind = "customer" | "lead" | "pet" | "package";

const resources: readonly (readonly [ExternalKind, string])[] = [
  ["customer", "Customer"],
  ["lead", "Lead"],
  ["pet", "Pet"],
  ["package", "Package"],
];

/** Violated if another record of the kind has an external id. */
export function externalIdKeyName(kind: ExternalKind): string {
  return `${kind}_external_id_pkey`;
}

/** The result of a write. Throws ALREADY_EXISTS if another record has an external id that it stores. */
export async function refusingTakenIds<Result>(written: Promise<Result>): Promise<Result> {
  try {
    return await written;
  } catch (error) {
    const constraint = violatedConstraint(error);
    const taken = resources.find(([kind]) => externalIdKeyName(kind) === constraint);
    throw taken ? externalIdTaken(taken[1]) : error;
  }
}

/** JSON of lists of external ids, for `jsonb_to_recordset(...) AS r (system text, id text)`. */
export function externalIdsJson(ids: readonly ExternalId[]): string {
  return JSON.stringify(ids.map(({ system, id }) => ({ system, id })));
}

/** The list of `x`, rows of a table of external ids. */
export const listedExternalIds =
  "json_agg(json_build_object('system', x.system, 'id', x.external_id) ORDER BY x.system, x.external_id)";

/** The external ids of a record with an alias, aggregated in the same statement. */
export function externalIdsSql(kind: ExternalKind, alias: string): string {
  return `(SELECT ${listedExternalIds} FROM ${kind}_external_id x
    WHERE x.company_id = ${alias}.company_id AND x.${kind}_id = ${alias}.id)`;
}

/**
 * The condition that a record has one of the external ids. The limit lets the planner do nothing but read each id by its
 * key.
 *
 * @param ids the parameter with `externalIdsJson`
 */
export function hasExternalIdSql(kind: ExternalKind, alias: string, ids: string): string {
  return `${alias}.id = ANY(ARRAY(SELECT o.${kind}_id
    FROM jsonb_to_recordset(${ids}::jsonb) AS r (system text, id text),
      LATERAL (SELECT x.${kind}_id FROM ${kind}_external_id x
        WHERE x.company_id = $1 AND x.system = r.system AND x.external_id = r.id LIMIT 1) o))`;
}

/**
 * The insert of `:externalIds` of a new record.
 *
 * @param created the common table expression that has its row
 */
export function insertExternalIdsSql(kind: ExternalKind, created: string): string {
  return `INSERT INTO ${kind}_external_id (company_id, ${kind}_id, system, external_id)
    SELECT :companyId, :id, r.system, r.id FROM ${created}, jsonb_to_recordset(:externalIds::jsonb) AS r (system text, id text)`;
}

interface OwnedIds {
  readonly id: string;
  readonly externalIds: readonly ExternalId[];
}

interface OfKind {
  readonly kind: ExternalKind;
  readonly companyId: string;
}

/** Stores external ids that records did not have. */
export async function insertExternalIds(
  tx: Prisma.TransactionClient,
  { kind, companyId }: OfKind,
  owned: readonly OwnedIds[],
): Promise<void> {
  const rows = owned.flatMap(({ id: owner, externalIds }) =>
    externalIds.map(({ system, id }) => ({ owner, system, id })),
  );
  if (rows.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO ${Prisma.raw(`${kind}_external_id (company_id, ${kind}_id`)}, system, external_id)
    SELECT ${companyId}, r.owner, r.system, r.id
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r (owner text, system text, id text)`;
}

interface Replaced extends OfKind {
  readonly id: string;
  /** Those that the record has. */
  readonly before: readonly ExternalId[];
  readonly after: readonly ExternalId[];
}

/** Replaces the external ids of a locked record. */
export async function replaceExternalIds(
  tx: Prisma.TransactionClient,
  { kind, companyId, id, before, after }: Replaced,
): Promise<void> {
  const dropped = withoutExternalIds(before, after);
  if (dropped.length > 0)
    await tx.$executeRaw`
      DELETE FROM ${Prisma.raw(`${kind}_external_id`)} x
      USING jsonb_to_recordset(${externalIdsJson(dropped)}::jsonb) AS r (system text, id text)
      WHERE x.company_id = ${companyId} AND x.${Prisma.raw(`${kind}_id`)} = ${id} AND x.system = r.system AND x.external_id = r.id`;
  await insertExternalIds(tx, { kind, companyId }, [{ id, externalIds: withoutExternalIds(after, before) }]);
}

/** The records of the company that have one of these external ids, by `externalIdKey`. */
export async function takenExternalIds(
  tx: Prisma.TransactionClient,
  { kind, companyId }: OfKind,
  ids: readonly ExternalId[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.$queryRaw<(ExternalId & { readonly owner: string })[]>`
    SELECT x.system, x.external_id AS id, x.${Prisma.raw(`${kind}_id AS owner FROM ${kind}_external_id x`)}
    JOIN jsonb_to_recordset(${externalIdsJson(ids)}::jsonb) AS r (system text, id text)
      ON x.system = r.system AND x.external_id = r.id
    WHERE x.company_id = ${companyId}`;
  return new Map(rows.map(({ owner, ...id }) => [externalIdKey(id), owner]));
}
