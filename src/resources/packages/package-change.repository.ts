import { idPrefixes, newId } from "../../core/ids.js";
import { protoName } from "../../core/text.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import type { Database } from "../../db/database.js";
import {
  type AuditParameters,
  auditSql,
  type GuardParameters,
  guardedWrite,
  guardSql,
  updatedTimeSql,
} from "../../db/guarded-write.js";
import { type RequestParameters, requestParameters } from "../../db/idempotent-write.js";
import { namedStatement } from "../../db/named-statement.js";
import { statement } from "../../db/statement.js";
import { type LedgerRow, ledgerColumns, toLedgerEntry } from "./package.columns.js";
import type { ChangedPackage, NewLedgerEntry, PackageEffect, PackageState } from "./package.model.js";
import { packageAfter } from "./package-effect.model.js";
import { type ChangeTarget, readState } from "./package-state.repository.js";

/** Changes a package: one statement reads it with the sums of its ledger, another stores what `decide` returns. */
export function changePackage(
  database: Database,
  target: ChangeTarget,
  write: WriteContext,
  decide: (state: PackageState) => PackageEffect,
): Promise<ChangedPackage> {
  const { companyId, id } = target;
  return guardedWrite<PackageState, ChangeRow, ChangedPackage>(database, write, {
    record: `package/${companyId}/${id}`,
    read: () => readState(database, target, write),
    async replay({ detail }, [, entryId]) {
      if (entryId === undefined) return { detail };
      const [row] = await database.read<LedgerRow>(readEntry, [companyId, entryId], write.signal);
      if (!row) throw new Error("ledger entry not found");
      return { detail, entry: toLedgerEntry(row) };
    },
    decide(state) {
      const change = { state, effect: decide(state), entryId: newId(idPrefixes.ledgerEntry) };
      return {
        ...{ statement: changeStatement, values: changeValues(change, write) },
        respond: (row) => changedPackage(change, write, row),
      };
    },
  });
}

const readEntry = statement(
  "package.read_entry",
  `SELECT ${ledgerColumns} FROM package_ledger e WHERE e.company_id = $1 AND e.id = $2`,
);

interface Change {
  readonly state: PackageState;
  readonly effect: PackageEffect;
  /** Of the appended entry. */
  readonly entryId: string;
}

function changeValues({ state: { detail }, effect, entryId }: Change, write: WriteContext): readonly unknown[] {
  const { companyId, id, version, businessId } = detail;
  const { dates = {}, entry = undefined } = effect.kind === "append" ? effect : {};
  return changeStatement.values({
    ...{ id, version: version.toString(), kind: effect.kind, recordedIds: entry ? [id, entryId] : [id] },
    ...{ endTime: dates.endTime ?? null, expirationDate: dates.expirationDate ?? null },
    ...{ setsFrozen: dates.frozenTime !== undefined, frozenTime: dates.frozenTime ?? null },
    entry: JSON.stringify(entry ? entryColumns(entry, entryId) : {}),
    ...{ changedFields: changedFields(effect), locationBefore: businessId, locationAfter: businessId },
    ...requestParameters(write, companyId),
  });
}

function changedFields(effect: PackageEffect): readonly string[] {
  if (effect.kind !== "append") return ["deleted"];
  return [...Object.keys(effect.dates ?? {}).map(protoName), ...(effect.entry.quantity === 0 ? [] : ["balance"])];
}

/** The columns of `package_ledger` that the rules decide. */
function entryColumns(entry: NewLedgerEntry, id: string): Readonly<Record<string, unknown>> {
  return {
    ...{
      id,
      package_service_id: entry.lineId,
      kind: entry.kind,
      quantity: entry.quantity,
      reversed_id: entry.refundedId,
    },
    ...{ appointment_id: entry.appointmentId, order_id: entry.orderId, note: entry.note },
    ...{ redeemed_time: entry.redeemedTime, moved_package_id: entry.movedPackageId, days: entry.days },
  };
}

interface ChangeParameters extends GuardParameters, AuditParameters, RequestParameters {
  readonly [name: string]: unknown;
  readonly kind: PackageEffect["kind"];
  readonly expirationDate: string | null;
  readonly endTime: Date | null;
  readonly setsFrozen: boolean;
  readonly frozenTime: Date | null;
  /** JSON of a row of `package_ledger`. */
  readonly entry: string;
}

interface ChangeRow {
  readonly now: Date;
  /** Null if nothing was changed. */
  readonly last_updated_time: Date | null;
}

const changeStatement = namedStatement<ChangeParameters>(
  "package.change",
  `WITH ${guardSql("package")},
changed AS (
  UPDATE package k SET version = k.version + 1, last_updated_time = ${updatedTimeSql("k")},
    deleted_time = CASE :kind::text WHEN 'withdraw' THEN ${updatedTimeSql("k")} WHEN 'restore' THEN NULL ELSE k.deleted_time END,
    expiration_date = coalesce(:expirationDate::date, k.expiration_date),
    end_time = coalesce(:endTime::timestamptz, k.end_time),
    frozen_time = CASE WHEN :setsFrozen::boolean THEN :frozenTime::timestamptz ELSE k.frozen_time END
  FROM stamp WHERE :kind::text <> 'nothing' AND k.company_id = :companyId AND k.id = :id
  RETURNING k.version, k.last_updated_time),
entry AS (
  INSERT INTO package_ledger (company_id, id, package_id, package_service_id, kind, quantity, reversed_id, appointment_id,
    order_id, note, redeemed_time, moved_package_id, days, occurred_time, rpc, key_id, staff_id, request_id)
  SELECT :companyId, e.id, :id, e.package_service_id, e.kind, e.quantity, e.reversed_id, e.appointment_id, e.order_id,
    e.note, e.redeemed_time, e.moved_package_id, e.days, changed.last_updated_time, :rpc, :keyId, :author, :requestId
  FROM changed, jsonb_populate_record(NULL::package_ledger, :entry::jsonb) e WHERE e.id IS NOT NULL RETURNING 1),
${auditSql("package")}
SELECT stamp.now, changed.last_updated_time FROM stamp LEFT JOIN changed ON true`,
);

/** The response, from what was read and what was stored. */
function changedPackage({ state, effect, entryId }: Change, write: WriteContext, row: ChangeRow): ChangedPackage {
  const { last_updated_time: time } = row;
  if (time === null || effect.kind === "nothing") return { detail: state.detail };
  const detail = packageAfter(state.detail, effect, { time, moment: { at: row.now, timeZone: state.timeZone } });
  if (effect.kind !== "append") return { detail };
  const { companyId, id: packageId } = detail;
  const made = { id: entryId, packageId, staffId: actingStaffId(write, companyId), createdTime: time };
  return { detail, entry: { ...made, ...effect.entry } };
}
