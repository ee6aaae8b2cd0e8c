import type { Changed } from "../../db/audit-log.js";
import type { Database } from "../../db/database.js";
import { type Statement, statement } from "../../db/statement.js";
import type { ChangeQuery, ChangeRepository, RecordedChange, RecordKind } from "./change.model.js";

interface ChangeRow {
  readonly id: string;
  readonly kind: Changed["kind"];
  readonly resource_id: string;
  readonly version: string;
  readonly rpc: string;
  readonly key_id: string;
  readonly staff_id: string;
  readonly request_id: string;
  readonly changed_time: Date;
  readonly changed_fields: readonly string[];
  readonly location_before: string | null;
  readonly location_after: string | null;
  readonly client_address: string;
  readonly related_kind: "customer" | "lead" | null;
  readonly related_id: string | null;
}

/** Reads the audit log. */
export function createChangeRepository(database: Database): ChangeRepository {
  return {
    async list(query, signal) {
      const { text, values } = pageStatement(query);
      const rows = await database.read<ChangeRow>(text, values, signal);
      return rows.map(toChange);
    },
  };
}

const columns = `h.id, h.kind, h.resource_id, h.version, h.rpc, h.key_id, h.staff_id, h.request_id, h.changed_time,
  h.changed_fields, h.location_before, h.location_after, h.client_address, h.related_kind, h.related_id`;

/**
 * The page is selected from an index alone, and then its rows are read one by one: for a join of the two, a generic plan
 * expects a tenth of the table and scans all of it. The statement depends on which filters are set, so that each
 * combination has its own plan.
 */
function pageStatement({ filter, businessIds, page }: ChangeQuery): {
  readonly text: Statement;
  readonly values: readonly unknown[];
} {
  const { companyId, record, keyId, staffId, changedTime } = filter;
  const values: unknown[] = [companyId];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const where = [
    "h.company_id = $1",
    ...(record ? [`h.kind = ${bind(record.kind.toLowerCase())}`, `h.resource_id = ${bind(record.id)}`] : []),
    ...(keyId === undefined ? [] : [`h.key_id = ${bind(keyId)}`]),
    ...(staffId === undefined ? [] : [`h.staff_id = ${bind(staffId)}`, "h.staff_id <> ''"]),
    ...(changedTime?.start ? [`h.changed_time >= ${bind(changedTime.start)}`] : []),
    ...(changedTime?.end ? [`h.changed_time < ${bind(changedTime.end)}`] : []),
    ...(businessIds ? [`ARRAY[h.location_before, h.location_after] && ${bind(businessIds)}::text[]`] : []),
    ...(page.after
      ? [`(h.changed_time, h.id) < (${bind(page.after.time)}::timestamptz, ${bind(page.after.id)}::bigint)`]
      : []),
  ];
  const order = "changed_time DESC, h.id DESC";
  const text = `WITH p AS MATERIALIZED (SELECT h.id FROM change h WHERE ${where.join(" AND ")}
      ORDER BY h.${order} LIMIT ${bind(page.size + 1)} OFFSET ${bind(page.offset)})
    SELECT ${columns} FROM p CROSS JOIN LATERAL (
      SELECT h.* FROM change h WHERE h.company_id = $1 AND h.id = p.id LIMIT 1) h ORDER BY h.${order}`;
  return { text: statement("change.list", text), values };
}

/** A kind of record that is written and not listed does not compile. */
const kindWords: Readonly<Record<Changed["kind"], RecordKind>> = {
  customer: "CUSTOMER",
  lead: "LEAD",
  pet: "PET",
  package: "PACKAGE",
  tag: "TAG",
  referral_source: "REFERRAL_SOURCE",
  life_cycle: "LIFE_CYCLE",
  action_status: "ACTION_STATUS",
  custom_field: "CUSTOM_FIELD",
  pet_code: "PET_CODE",
  pet_size: "PET_SIZE",
  pet_type: "PET_TYPE",
  pet_coat_type: "PET_COAT_TYPE",
  vip_level: "VIP_LEVEL",
  package_template: "PACKAGE_TEMPLATE",
  external_api: "EXTERNAL_API",
  ivr_flow: "IVR_FLOW",
  service: "SERVICE",
  company: "COMPANY",
  business: "BUSINESS",
  staff: "STAFF",
};

function toChange(row: ChangeRow): RecordedChange {
  const { location_before: before, location_after: after, related_kind: kind, related_id: relatedId } = row;
  return {
    number: row.id,
    record: { kind: kindWords[row.kind], id: row.resource_id },
    changedTime: row.changed_time,
    version: BigInt(row.version),
    rpc: row.rpc,
    keyId: row.key_id,
    staffId: row.staff_id,
    requestId: row.request_id,
    clientAddress: row.client_address,
    changedFields: row.changed_fields,
    ...(before === null ? {} : { beforeBusinessId: before }),
    ...(after === null ? {} : { afterBusinessId: after }),
    ...(kind === null || relatedId === null ? {} : { related: { kind: kindWords[kind], id: relatedId } }),
  };
}
