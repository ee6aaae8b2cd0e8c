import { accessFilterOf } from "../../core/access.js";
import type { FindSurvivors } from "../../core/merged-record.js";
import { accessFilterValues, accessPredicate } from "../../db/access-filter.js";
import type { Database } from "../../db/database.js";
import { statement } from "../../db/statement.js";

const find = statement(
  "merge.survivors",
  `SELECT m.from_id, m.survivor_id FROM customer_merge m
   JOIN customer c ON c.company_id = m.company_id AND c.id = m.survivor_id
   WHERE m.company_id = ANY($1::text[]) AND m.from_id = ANY($3::text[]) AND m.undone_time IS NULL AND ${accessPredicate("c")}`,
);

/** Finds what the ids of merged customers lead to. Asked only after a request has found nothing under them. */
export function createFindSurvivors(database: Database): FindSurvivors {
  return async (principal, ids, signal) => {
    const values = [...accessFilterValues(accessFilterOf(principal)), ids];
    const rows = await database.read<{ from_id: string; survivor_id: string }>(find, values, signal);
    return new Map(rows.map((row) => [row.from_id, row.survivor_id]));
  };
}
