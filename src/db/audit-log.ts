import type { Consent } from "../core/consent.js";
import type { ConsentProvenance } from "../core/consent-provenance.js";
import type { Withheld } from "../core/contact-rule.js";
import type { Preference } from "../core/preference.js";
import { actingStaffId, type ResourceKind, type WriteContext } from "../core/write.js";
import { Prisma } from "../gen/prisma/client.js";
import { provenanceColumns } from "./consent-entry.js";

export interface Changed {
  readonly companyId: string;
  readonly kind: Exclude<
    ResourceKind,
    "customer_note" | "lead_note" | "card_link" | "pet_note" | "api_key" | "opt_out" | "customer_merge"
  >;
  readonly id: string;
  readonly version: bigint;
  readonly time: Date;
  /** Names of the changed fields, as the API spells them. Empty if the record was created, removed or erased. */
  readonly fields: readonly string[];
  /** Its location before and after the change: of customers, leads, pets and packages. */
  readonly location?: LocationChange;
  /** The other record of a promotion or of a merge. */
  readonly related?: { readonly kind: "customer" | "lead"; readonly id: string };
}

export interface LocationChange {
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}

export function stayingAt(id: string | undefined): LocationChange {
  return { before: id, after: id };
}

/**
 * For rows that an erasure does not reach: tags, and pets that a lead no longer has. The row of the customer or lead of
 * the same request has the address.
 */
export function withoutAddress(write: WriteContext): WriteContext {
  return { ...write, recordedAddress: undefined };
}

export function recordChange(tx: Prisma.TransactionClient, write: WriteContext, changed: Changed): Promise<void> {
  return recordChanges(tx, write, [changed]);
}

export async function recordChanges(
  tx: Prisma.TransactionClient,
  write: WriteContext,
  changed: readonly Changed[],
): Promise<void> {
  const { rpc, keyId, requestId, recordedAddress: clientAddress = "" } = write;
  await tx.change.createMany({
    data: changed.map(({ companyId, kind, id: resourceId, version, time: changedTime, fields, location, related }) => ({
      ...{ companyId, kind, resourceId, version, changedTime, changedFields: [...fields] },
      ...{ locationBefore: location?.before ?? null, locationAfter: location?.after ?? null },
      ...{ relatedKind: related?.kind ?? null, relatedId: related?.id ?? null },
      ...{ rpc, keyId, staffId: actingStaffId(write, companyId), requestId, clientAddress },
    })),
  });
}

interface ConsentChanged {
  readonly companyId: string;
  readonly subjectKind: "customer" | "lead";
  readonly subjectId: string;
  /** Absent for the first consent of a customer or lead. */
  readonly before?: Consent;
  readonly after: Consent;
  /** Of customers. */
  readonly preferenceBefore?: Preference | undefined;
  readonly preferenceAfter?: Preference | undefined;
  readonly provenance?: ConsentProvenance | undefined;
  /** What an opt-out took, or kept the change from permitting. */
  readonly withheld?: Withheld | undefined;
  /** The lead whose history the first entry of a customer continues. */
  readonly formerLeadId?: string;
  /** The time of the record's current state: its `lastUpdatedTime`, or the time of its import. */
  readonly time: Date;
}

/**
 * Appends to the consent ledger. Must be called while the record is locked. An entry must be later than those before
 * it. The time of an imported record does not ensure this, because it can be earlier than the entry of its import.
 */
export async function recordConsent(
  tx: Prisma.TransactionClient,
  write: WriteContext,
  changed: ConsentChanged,
): Promise<void> {
  const { time, before, after, preferenceBefore, preferenceAfter, provenance, withheld, formerLeadId, ...subject } =
    changed;
  const { rpc, keyId, ip, requestId } = write;
  const staffId = actingStaffId(write, subject.companyId);
  const former = formerLeadId === undefined ? subject : { ...subject, subjectKind: "lead", subjectId: formerLeadId };
  const last = before || formerLeadId !== undefined ? await lastConsent(tx, former) : undefined;
  const occurredTime = last ? updatedTime({ lastUpdatedTime: last.occurredTime }, time) : time;
  const { givenTime = occurredTime, ...columns } = provenanceColumns(provenance);
  await tx.consentEvent.create({
    data: {
      ...{ ...subject, rpc, keyId, staffId, ip, requestId, occurredTime, givenTime },
      ...(before ? { before: { ...before } } : {}),
      after: { ...after },
      ...(preferenceBefore ? { preferenceBefore: { ...preferenceBefore } } : {}),
      ...(preferenceAfter ? { preferenceAfter: { ...preferenceAfter } } : {}),
      ...(withheld ? { withheld: { ...withheld, preferences: [...withheld.preferences] } } : {}),
      ...columns,
    },
  });
}

function lastConsent(
  tx: Prisma.TransactionClient,
  subject: { readonly companyId: string; readonly subjectKind: string; readonly subjectId: string },
): Promise<{ occurredTime: Date } | null> {
  const orderBy = { occurredTime: "desc" } as const;
  return tx.consentEvent.findFirst({ where: subject, orderBy, select: { occurredTime: true } });
}

/**
 * The `lastUpdatedTime` of a change made now. If the clock stops or is set back, the change must still be visible to
 * incremental sync and must not change the order of an audit log.
 */
export function updatedTime(former: { readonly lastUpdatedTime: Date }, now: Date): Date {
  return new Date(Math.max(now.getTime(), former.lastUpdatedTime.getTime() + 1));
}

interface AuditColumnsInput {
  readonly companyId: string;
  readonly now: Date;
  readonly write: WriteContext;
}

/** The same in SQL, with version and actor of the changed row `t`. */
export function auditColumns({ companyId, now, write }: AuditColumnsInput): Prisma.Sql {
  return Prisma.sql`version = t.version + 1, last_updated_by = ${actingStaffId(write, companyId)},
    last_updated_time = greatest(${timestamp(now)}, ${justAfter("t.last_updated_time")})`;
}

/** The smallest time after the value of a column, as SQL. */
export function justAfter(column: string): Prisma.Sql {
  return Prisma.raw(timePlus(column, "1 millisecond"));
}

/**
 * Adds an interval to a time in SQL. PostgreSQL marks `timestamptz + interval` as STABLE, because days and months
 * depend on the session's time zone, and distributed PostgreSQL does not allow assigning the result of a STABLE
 * function of a column. These functions are IMMUTABLE.
 */
export function timePlus(time: string, interval: string): string {
  return `(${time} AT TIME ZONE 'UTC' + interval '${interval}') AT TIME ZONE 'UTC'`;
}

export function timestamp(time: Date): Prisma.Sql {
  return Prisma.sql`${time.toISOString()}::timestamptz`;
}
