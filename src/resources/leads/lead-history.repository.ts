import { accessFilterValues, accessPredicate, leadGrantPredicate } from "../../db/access-filter.js";
import type { Database } from "../../db/database.js";
import { statement } from "../../db/statement.js";
import { type HistoryRow, historyOf, toHistoryEntry } from "./lead-history.columns.js";
import type { LeadHistoryRepository } from "./lead-history.model.js";

/** Reads the history of leads. A trigger of the table `lead` writes it. */
export function createLeadHistoryRepository(database: Database): LeadHistoryRepository {
  return {
    async findLead({ kind, id }, accessFilter, signal) {
      const text = kind === "customer" ? ofCustomer : ofLead;
      const [row] = await database.read<{ id: string | null }>(text, [...accessFilterValues(accessFilter), id], signal);
      return row?.id;
    },

    async list({ companyId, id }, page, signal) {
      const scope = [companyId, id, page.size + 1];
      const rows = page.after
        ? await database.read<PageRow>(nextPage, [...scope, page.after.time, page.after.id], signal)
        : await database.read<PageRow>(firstPage, [...scope, page.offset], signal);
      return rows.map((row) => toHistoryEntry(row, row.now));
    },
  };
}

interface PageRow extends HistoryRow {
  readonly now: Date;
}

const ofCustomer = statement(
  "lead_history.customer",
  `SELECT c.source_lead_id AS id FROM customer c WHERE ${accessPredicate("c")} AND c.id = $3`,
);
const ofLead = statement(
  "lead_history.lead",
  `SELECT l.id FROM lead l WHERE l.company_id = ANY($1::text[]) AND l.id = $3 AND ${leadGrantPredicate("l")}`,
);

const history = historyOf({
  ...{ companyId: "$1", leadId: "$2" },
  promotedTime: `(SELECT c.created_time FROM lead l
      JOIN customer c ON c.company_id = l.company_id AND c.id = l.promoted_customer_id
      WHERE l.company_id = $1 AND l.id = $2)`,
});
const columns = `e.id, e.kind, e.life_cycle, e.action_status, e.started_time, e.ended_time, e.started_by,
  clock_timestamp() AS now`;
const newestFirst = "ORDER BY e.started_time DESC, e.number DESC LIMIT $3";

const firstPage = statement(
  "lead_history.first_page",
  `SELECT ${columns} FROM (${history}) e ${newestFirst} OFFSET $4`,
);
const nextPage = statement(
  "lead_history.next_page",
  `SELECT ${columns} FROM (${history}) e WHERE (e.started_time, e.number) < ($4, $5::bigint) ${newestFirst}`,
);
