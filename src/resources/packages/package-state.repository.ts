import { notFoundError } from "../../core/errors.js";
import type { WriteContext } from "../../core/write.js";
import type { Database } from "../../db/database.js";
import type { GuardedState } from "../../db/guarded-write.js";
import { replayColumns, replaySql, type StoredResultRow } from "../../db/idempotent-write.js";
import { namedStatement } from "../../db/named-statement.js";
import {
  type ClockRow,
  type PackageDetailRow,
  packageColumns,
  packageLines,
  toPackageDetail,
} from "./package.columns.js";
import type { PackageState, PackageTarget, Redemption } from "./package.model.js";

export interface ChangeTarget extends PackageTarget {
  /** The redemption that the rules ask for. */
  readonly redemptionId?: string | undefined;
}

/** Reads what a change of a package needs in one statement. Throws NOT_FOUND. */
export async function readState(
  database: Database,
  target: ChangeTarget,
  write: WriteContext,
): Promise<GuardedState<PackageState>> {
  const [row] = await database.read<StateRow>(readStatement, readValues(target, write), write.signal);
  if (!row) throw notFoundError("Package", target.id);
  return { state: toState(row), stored: row };
}

interface StateRow extends PackageDetailRow, ClockRow, StoredResultRow {
  readonly redemption: Redemption | null;
  /** By the id of the item. */
  readonly redeemed: Readonly<Record<string, number>> | null;
}

function toState(row: StateRow): PackageState {
  const moment = { at: row.now, timeZone: row.time_zone };
  return {
    ...{ detail: toPackageDetail(row, moment), now: row.now, timeZone: row.time_zone },
    ...(row.redemption ? { redemption: row.redemption } : {}),
    redeemedUnits: (lineId) => row.redeemed?.[lineId] ?? 0,
  };
}

function readValues({ companyId, id, businessIds, redemptionId }: ChangeTarget, write: WriteContext) {
  return readStatement.values({
    ...{ companyId, id, businessIds: businessIds ?? null, redemptionId: redemptionId ?? null },
    ...{ keyId: write.keyId, rpc: write.rpc, claimKey: write.claim?.key ?? null },
  });
}

const readStatement = namedStatement(
  "package.read_for_change",
  `WITH ${replaySql}
SELECT ${packageColumns}, ${packageLines}, o.time_zone, date_trunc('milliseconds', clock_timestamp()) AS now, ${replayColumns},
  (SELECT jsonb_build_object('lineId', e.package_service_id, 'quantity', -e.quantity, 'refunded', (
      SELECT coalesce(sum(r.quantity), 0) FROM package_ledger r WHERE r.company_id = e.company_id AND r.reversed_id = e.id))
    FROM package_ledger e WHERE e.company_id = k.company_id AND e.package_id = k.id AND e.id = :redemptionId
      AND e.kind = 'REDEMPTION') AS redemption,
  (SELECT jsonb_object_agg(u.id, u.units) FROM (
    SELECT e.package_service_id AS id, -sum(e.quantity) AS units FROM package_ledger e
    WHERE e.company_id = k.company_id AND e.package_id = k.id AND e.kind IN ('REDEMPTION', 'REFUND')
    GROUP BY e.package_service_id) u) AS redeemed
FROM package k JOIN company o ON o.id = k.company_id LEFT JOIN replay ON true
WHERE k.company_id = :companyId AND k.id = :id
  AND (:businessIds::text[] IS NULL OR k.business_id = ANY(:businessIds::text[]))`,
);
