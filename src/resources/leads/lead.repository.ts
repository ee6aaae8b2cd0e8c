import { notFoundError } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import { accessFilterValues, leadGrantPredicate, requireSingleRow } from "../../db/access-filter.js";
import type { Database } from "../../db/database.js";
import { violatedConstraint } from "../../db/database-errors.js";
import { claimConstraint, removeExpiredClaim, storedCreateId } from "../../db/idempotency.js";
import { statement } from "../../db/statement.js";
import { type LeadRow, leadChildren, leadColumns, toLead } from "./lead.columns.js";
import { changeLead } from "./lead-change.repository.js";
import {
  type CreateLeadCall,
  type CreateLeadRow,
  createLeadStatement,
  createLeadValues,
} from "./lead-create.repository.js";
import { createLeadList } from "./lead-list.repository.js";
import { promoteLead } from "./lead-promotion.repository.js";
import type { LeadRepository } from "./lead-store.model.js";

/** Leads over hand-written SQL on the hot paths (create, get, list) and Prisma for changes. */
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
      const row = await createOnce(database, { id: newId(idPrefixes.lead), record, admit, write });
      const { claim } = write;
      const stored =
        claim && row.replay_fingerprint && row.replay_ids
          ? storedCreateId("Lead", claim, { fingerprint: row.replay_fingerprint, resourceIds: row.replay_ids })
          : row.id;
      if (!stored) {
        return { kind: "refused", missing: { references: row.missing, petCodePaths: row.missing_code_paths } };
      }
      const lead = await get({ accessFilter, id: stored }, write.signal);
      if (!lead) throw notFoundError("Lead", stored);
      return { kind: "created", lead };
    },
  };
}

/** `$3` is the id; see visibility.ts for `$1` and `$2`. */
const getStatement = statement(
  "lead.get",
  `SELECT ${leadColumns}, ${leadChildren} FROM lead l
   WHERE l.company_id = ANY($1::text[]) AND l.id = $3 AND ${leadGrantPredicate("l")}`,
);

const maxAttempts = 5;

/** Runs the statement, and again after a twin of its claim or when the claim stands in the way though it has expired. */
async function createOnce(database: Database, call: CreateLeadCall): Promise<CreateLeadRow> {
  const { write } = call;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const [row] = await database.write<CreateLeadRow>(createLeadStatement, createLeadValues(call), write);
      if (!row) throw new Error("create statement returned no row");
      return row;
    } catch (error) {
      if (attempt === maxAttempts || violatedConstraint(error) !== claimConstraint) throw error;
      await database.write(removeExpiredClaim, [write.keyId, write.rpc, write.claim?.key], write);
    }
  }
}
