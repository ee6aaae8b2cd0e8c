import type { Database } from "../../db/database.js";
import { type Statement, statement } from "../../db/statement.js";
import { organizationTypes } from "../api-keys/api-key.model.js";
import { type AuditRecord, recordKinds } from "./change.model.js";
import type { KeyUse, KeyUseQuery, KeyUseRepository } from "./key-use.model.js";

interface UseRow {
  readonly id: string;
  readonly key_id: string;
  readonly rpc: string;
  readonly request_id: string;
  readonly client_address: string;
  readonly used_time: Date;
  readonly records: readonly string[];
  readonly exported: Readonly<Record<string, number>> | null;
  readonly last_used_time: Date | null;
}

/** Reads what db/key-use-log.ts has stored. */
export function createKeyUseRepository(database: Database): KeyUseRepository {
  return {
    async list(query, signal) {
      const { text, values } = pageStatement(query);
      const rows = await database.read<UseRow>(text, values, signal);
      return rows.map(toUse);
    },
  };
}

/** Whether the organization `o` of a key is in the company `$1`. */
const isWithin = `CASE o.type WHEN ${organizationTypes.numberOf("COMPANY")} THEN o.organization_id = $1
  WHEN ${organizationTypes.numberOf("BUSINESS")} THEN o.company_id = $1 ELSE false END`;

/** The last use of a key of several companies would tell one of them about the others. */
const lastUse = `(SELECT k.last_used_time FROM api_key k WHERE k.id = u.key_id
  AND NOT EXISTS (SELECT 1 FROM api_key_organization o WHERE o.key_id = k.id AND NOT ${isWithin}))`;

/** As in change.repository.ts: from an index alone, with a statement for each combination of filters. */
function pageStatement({ filter, page }: KeyUseQuery): {
  readonly text: Statement;
  readonly values: readonly unknown[];
} {
  const { companyId, keyId, record, usedTime } = filter;
  const values: unknown[] = [companyId];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const where = [
    "u.company_id = $1",
    ...(keyId === undefined ? [] : [`u.key_id = ${bind(keyId)}`]),
    ...(record ? [`u.records @> ${bind([`${record.kind.toLowerCase()}/${record.id}`])}::text[] COLLATE "C"`] : []),
    ...(usedTime?.start ? [`u.used_time >= ${bind(usedTime.start)}`] : []),
    ...(usedTime?.end ? [`u.used_time < ${bind(usedTime.end)}`] : []),
    ...(page.after
      ? [`(u.used_time, u.id) < (${bind(page.after.time)}::timestamptz, ${bind(page.after.id)}::text)`]
      : []),
  ];
  const order = "u.used_time DESC, u.id DESC";
  const text = `WITH p AS MATERIALIZED (SELECT u.id FROM key_use u WHERE ${where.join(" AND ")}
      ORDER BY ${order} LIMIT ${bind(page.size + 1)} OFFSET ${bind(page.offset)})
    SELECT u.id, u.key_id, u.rpc, u.request_id, u.client_address, u.used_time, u.records, u.exported,
      ${lastUse} AS last_used_time
    FROM p CROSS JOIN LATERAL (
      SELECT u.* FROM key_use u WHERE u.company_id = $1 AND u.id = p.id LIMIT 1) u ORDER BY ${order}`;
  return { text: statement("key_use.list", text), values };
}

function toUse(row: UseRow): KeyUse {
  return {
    id: row.id,
    usedTime: row.used_time,
    keyId: row.key_id,
    rpc: row.rpc,
    requestId: row.request_id,
    clientAddress: row.client_address,
    records: row.records.flatMap(toRecord),
    exportedRows: row.exported ?? {},
    ...(row.last_used_time ? { keyLastUsedTime: row.last_used_time } : {}),
  };
}

function toRecord(name: string): AuditRecord[] {
  const [table = "", id = ""] = name.split("/", 2);
  const kind = recordKinds.words.find((word) => word.toLowerCase() === table);
  return kind ? [{ kind, id }] : [];
}
