import type { AccessFilter } from "../../core/access.js";
import { notFoundError } from "../../core/errors.js";
import { accessFilterValues, accessPredicate, grantPredicate } from "../../db/access-filter.js";
import type { Database } from "../../db/database.js";
import { statement } from "../../db/statement.js";
import type { Prisma } from "../../gen/prisma/client.js";
import { type ProfileRow, profileColumns, toProfileValues } from "../callers/caller.columns.js";
import { type CustomerRow, customerChildren, customerColumns, toCustomer } from "../customers/customer.columns.js";
import {
  type CountedRecords,
  type CustomerMerge,
  type MergeRepository,
  type MergeSide,
  type MergeSides,
  type MergeTarget,
  nothingCarried,
} from "./merge.model.js";

interface SideRow extends CustomerRow, ProfileRow {
  readonly counts: CountedRecords;
}

const ofCustomer = "r.company_id = c.company_id AND r.customer_id = c.id";

/** Records whose RELATION values point to `customer AS c`. */
const relations = ["customer", "lead", "pet"].map(
  (table) => `(SELECT count(*) FROM ${table} r WHERE r.company_id = c.company_id AND r.custom_fields @? '$.*.relation'
    AND repointed(r.custom_fields, 'customer', c.id, c.raw_id, '', 0) <> r.custom_fields)`,
);

const sidesSql = `SELECT ${customerColumns}, ${customerChildren}, ${profileColumns},
  (SELECT jsonb_build_object('notes', count(*), 'noteBytes', coalesce(sum(octet_length(r.note)), 0))
    FROM customer_note r WHERE ${ofCustomer})
  || (SELECT jsonb_build_object('pets', count(*), 'currentPets', count(*) FILTER (WHERE r.archived_time IS NULL))
    FROM pet r WHERE ${ofCustomer})
  || jsonb_build_object('packages', (SELECT count(*) FROM package r WHERE ${ofCustomer}),
    'cards', (SELECT count(*) FROM customer_card r WHERE ${ofCustomer})
      + (SELECT count(*) FROM card_link r WHERE ${ofCustomer}),
    'leads', (SELECT count(*) FROM lead r WHERE r.company_id = c.company_id AND r.promoted_customer_id = c.id),
    'relations', ${relations.join(" + ")}) AS counts
  FROM customer c WHERE ${accessPredicate("c")} AND c.id = ANY($3::text[])`;

const readStatement = statement("merge.read", sidesSql);

/** Both records. Throws NOT_FOUND. */
export async function readSides(database: Database, target: MergeTarget, signal: AbortSignal): Promise<MergeSides> {
  return sidesOf(target, await database.read<SideRow>(readStatement, valuesOf(target), signal));
}

/** The same of locked records. */
export async function readLockedSides(tx: Prisma.TransactionClient, target: MergeTarget): Promise<MergeSides> {
  return sidesOf(target, await tx.$queryRawUnsafe<SideRow[]>(sidesSql, ...valuesOf(target)));
}

function valuesOf({ accessFilter, id, fromId }: MergeTarget) {
  return [...accessFilterValues(accessFilter), [id, fromId]] as const;
}

function sidesOf({ id, fromId }: MergeTarget, rows: readonly SideRow[]): MergeSides {
  return { survivor: sideOf(id, rows), merged: sideOf(fromId, rows) };
}

function sideOf(id: string, rows: readonly SideRow[]): MergeSide {
  const row = rows.find((found) => found.id === id);
  if (!row) throw notFoundError("Customer", id);
  return { customer: toCustomer(row), profile: toProfileValues(row), counts: row.counts };
}

export interface MergeRow {
  readonly id: string;
  readonly from_id: string;
  readonly into_id: string;
  readonly survivor_id: string;
  readonly merged_time: Date;
  readonly merged_by: string;
  readonly undoable_until: Date;
  readonly carried: CustomerMerge["carried"];
  readonly undone_time: Date | null;
  readonly kept: KeptRecords | null;
}

/** What an undo left with the survivor. */
export interface KeptRecords {
  readonly paths: readonly string[];
  readonly counts: CustomerMerge["carried"];
}

export const mergeColumns = `m.id, m.from_id, m.into_id, m.survivor_id, m.merged_time, m.merged_by, m.undoable_until, m.carried,
  m.undone_time, m.kept`;

export function toMerge(row: MergeRow): CustomerMerge {
  return {
    ...{ id: row.id, fromId: row.from_id, intoId: row.into_id, survivorId: row.survivor_id },
    ...{ mergedTime: row.merged_time, mergedBy: row.merged_by, undoableUntil: row.undoable_until },
    carried: { ...nothingCarried, ...row.carried },
    ...(row.undone_time ? { undoneTime: row.undone_time } : {}),
  };
}

/** `$1` is the company, `$2` the grants. Merges whose survivor the API key can access. */
const visibleMerges = `customer_merge m JOIN customer s ON s.company_id = m.company_id AND s.id = m.survivor_id
  WHERE m.company_id = $1 AND ${grantPredicate("s")}`;
const ofCustomerId = "($3::text IS NULL OR m.survivor_id = $3 OR m.into_id = $3 OR m.from_id = $3)";
const newestFirst = "ORDER BY m.merged_time DESC, m.id DESC LIMIT $4";

const firstPage = statement(
  "merge.first_page",
  `SELECT ${mergeColumns} FROM ${visibleMerges} AND ${ofCustomerId} ${newestFirst} OFFSET $5`,
);
const nextPage = statement(
  "merge.next_page",
  `SELECT ${mergeColumns} FROM ${visibleMerges} AND ${ofCustomerId} AND (m.merged_time, m.id) < ($5, $6) ${newestFirst}`,
);

export function listMerges(database: Database): MergeRepository["list"] {
  return async ({ accessFilter, companyId, customerId, page }, signal) => {
    const scope = [companyId, accessFilter.grants, customerId ?? null, page.size + 1];
    const rows = page.after
      ? await database.read<MergeRow>(nextPage, [...scope, page.after.time, page.after.id], signal)
      : await database.read<MergeRow>(firstPage, [...scope, page.offset], signal);
    return rows.map(toMerge);
  };
}

/** A merge whose survivor the principal can access. Throws NOT_FOUND. */
export async function findMerge(
  tx: Prisma.TransactionClient,
  {
    companyId,
    accessFilter,
    mergeId,
  }: { readonly companyId: string; readonly accessFilter: AccessFilter; readonly mergeId: string },
): Promise<MergeRow> {
  const text = `SELECT ${mergeColumns} FROM ${visibleMerges} AND m.id = $3`;
  const [row] = await tx.$queryRawUnsafe<MergeRow[]>(text, companyId, [...accessFilter.grants], mergeId);
  if (!row) throw notFoundError("CustomerMerge", mergeId);
  return row;
}
