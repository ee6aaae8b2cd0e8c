import type pg from "pg";
import { requireFound } from "../../core/company-resource.js";
import type { WriteContext } from "../../core/write.js";
import { namedAccess, requireSingleRow } from "../../db/access-filter.js";
import type { Database } from "../../db/database.js";
import { replayColumns, replaySql, type StoredResultRow } from "../../db/idempotent-write.js";
import { namedStatement } from "../../db/named-statement.js";
import { type DefinitionRow, definitionsSql } from "../custom-fields/custom-field.columns.js";
import { fieldAssociations } from "../custom-fields/custom-field.model.js";
import { type AskedTagsRow, askedTagParameters, askedTagsSql } from "../setting-lists/tag-change.columns.js";
import {
  type CustomerRow,
  customerChildren,
  customerColumns,
  type NoteJson,
  noteJson,
  referralSourceJson,
} from "./customer.columns.js";
import type { CustomerQuestions, CustomerTarget, ReferralSource } from "./customer.model.js";

/** A customer, and what a change of it asks for, as one statement reads them. */
export interface CustomerStateRow extends CustomerRow, StoredResultRow, AskedTagsRow, pg.QueryResultRow {
  /** Whether the location and the staff member of the questions exist and are not archived. */
  readonly has_business: boolean;
  readonly has_staff: boolean;
  /** Null also if it is archived. */
  readonly asked_source: ReferralSource | null;
  readonly asked_notes: readonly NoteJson[] | null;
  readonly note_count: number;
  /** Size of the texts of all notes. */
  readonly note_bytes: number;
  readonly definitions: readonly DefinitionRow[] | null;
}

interface StateQuery {
  readonly target: CustomerTarget;
  readonly questions: CustomerQuestions;
  readonly maxTags: number;
}

/** Throws NOT_FOUND if the principal cannot access the customer. */
export async function readCustomerState(
  database: Database,
  { target: { accessFilter, id }, questions, maxTags }: StateQuery,
  { keyId, rpc, claim, signal }: WriteContext,
): Promise<CustomerStateRow> {
  const { references = {}, noteIds = [], tags = [], customFields } = questions;
  const statement = accessFilter.companyIds.length === 1 ? inOneCompany : inSeveral;
  const values = statement.values({
    ...{ companyIds: accessFilter.companyIds, grants: accessFilter.grants, id, noteIds, maxTags },
    ...{ keyId, rpc, claimKey: claim?.key ?? null },
    businessId: references.preferredBusinessId ?? null,
    referralSourceId: references.referralSourceId ?? null,
    staffId: references.assignedStaffId ?? null,
    fieldCodes: customFields?.codes ?? null,
    withExpectedFields: customFields?.withExpected ?? false,
    ...askedTagParameters(tags),
  });
  const rows = await database.read<CustomerStateRow>(statement, values, signal);
  return requireFound(requireSingleRow(rows, "Customer", id), "Customer", id);
}

const inSeveral = namedStatement("customer.read_for_change", readWhere(namedAccess.inSeveral("c")));
const inOneCompany = namedStatement(
  "customer.read_for_change_in_one_company",
  readWhere(namedAccess.inOneCompany("c")),
);

function readWhere(isVisible: string): string {
  const definitions = definitionsSql({
    ...{ company: "c.company_id", association: `${fieldAssociations.numberOf("CUSTOMER")}` },
    ...{ codes: ":fieldCodes::text[]", withExpected: ":withExpectedFields::boolean" },
  });
  return `WITH ${replaySql}
SELECT ${customerColumns}, ${customerChildren}, ${replayColumns},
  EXISTS (SELECT 1 FROM business b
    WHERE b.company_id = c.company_id AND b.id = :businessId AND b.archived_time IS NULL) AS has_business,
  EXISTS (SELECT 1 FROM staff s
    WHERE s.company_id = c.company_id AND s.id = :staffId AND s.archived_time IS NULL) AS has_staff,
  (SELECT ${referralSourceJson} FROM referral_source r
    WHERE r.company_id = c.company_id AND r.id = :referralSourceId AND r.archived_time IS NULL) AS asked_source,
  (SELECT json_agg(${noteJson} ORDER BY n.created_time DESC, n.id DESC) FROM customer_note n
    WHERE n.company_id = c.company_id AND n.customer_id = c.id AND n.id = ANY(:noteIds::text[])) AS asked_notes,
  stored.note_count, stored.note_bytes, ${askedTagsSql("c.company_id")},
  CASE WHEN :fieldCodes::text[] IS NOT NULL THEN (SELECT json_agg(row_to_json(d)) FROM (${definitions}) d) END AS definitions
FROM customer c LEFT JOIN replay ON true, LATERAL (
  SELECT count(*)::float8 AS note_count, coalesce(sum(octet_length(n.note)), 0)::float8 AS note_bytes
  FROM customer_note n WHERE n.company_id = c.company_id AND n.customer_id = c.id) stored
WHERE ${isVisible} AND c.id = :id`;
}
