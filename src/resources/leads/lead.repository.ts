import { notFoundError } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import { accessFilterValues, leadGrantPredicate, requireSingleRow } from "../../db/access-filter.js";
import type { Database } from "../../db/database.js";
import { createOnce } from "../../db/once.js";
import { statement } from "../../db/statement.js";
import { type LeadRow, leadChildren, leadColumns, toLead } from "./lead.columns.js";
import { changeLead } from "./lead-change.repository.js";
import { type CreateLeadRow, createLeadStatement, createLeadValues } from "./lead-create.repository.js";
import { createLeadList } from "./lead-list.repository.js";
import { promoteLead } from "./lead-promotion.repository.js";
import type { LeadRepository } from "./lead-store.model.js";

/** Leads, with hand-written SQL on the hot paths (create, get, list) and Prisma for changes. */
export function createLeadRepository(database: Database): LeadRepository {
  const get: LeadRepository["get"] = async ({ accessFilter, id }, signal) => {
    const rows = await database.read<LeadRow>(getStatement, [...accessFilterValues(accessFilter), id], signal);
    const row = requireSingleRow(rows, "Lead", id);
    return row && toLead(row);
  };

  return {
    get,
    list: createLeadList(database),
    change: (target, write, work) => changeLead(database, target, write, work),
    promote: (target, write) => promoteLead(database, target, write),

    async create(record, { admit, accessFilter }, write) {
      const call = { id: newId(idPrefixes.lead), record, admit, write };
      const values = createLeadValues(call);
      const create = { resource: "Lead", statement: createLeadStatement, values };
      const { row, replayedId } = await createOnce<CreateLeadRow>(database, write, create);
      const id = replayedId ?? row.id;
      if (id === null) {
        return { kind: "refused", missing: { references: row.missing, petCodePaths: row.missing_code_paths } };
      }
      const lead = await get({ accessFilter, id }, write.signal);
      if (!lead) throw notFoundError("Lead", id);
      return { kind: "created", lead };
    },
  };
}

/** `$3` is the id. For `$1` and `$2` see db/access-filter.ts. */
const getStatement = statement(
  "lead.get",
  `SELECT ${leadColumns}, ${leadChildren} FROM lead l
   WHERE l.company_id = ANY($1::text[]) AND l.id = $3 AND ${leadGrantPredicate("l")}`,
);
