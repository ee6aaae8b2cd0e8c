import type { Consent } from "../core/consent.js";
import { actingStaffId, type WriteContext } from "../core/write.js";
import type { Prisma } from "../gen/prisma/client.js";
import { updatedTime } from "./audit-columns.js";

/** Which aggregate changed, and what became of it. */
export interface Changed {
  readonly companyId: string;
  readonly kind:
    | "customer"
    | "lead"
    | "pet"
    | "package"
    | "tag"
    | "referral_source"
    | "life_cycle"
    | "action_status"
    | "custom_field"
    | "pet_code"
    | "pet_size"
    | "pet_type"
    | "pet_coat_type"
    | "vip_level"
    | "external_api"
    | "ivr_flow"
    | "service"
    | "company"
    | "business"
    | "staff";
  readonly id: string;
  readonly version: bigint;
  readonly time: Date;
}

/** Appends to the ledger of changes. */
export function recordChange(tx: Prisma.TransactionClient, write: WriteContext, changed: Changed): Promise<void> {
  return recordChanges(tx, write, [changed]);
}

/** Appends to the ledger what one call changed at once. */
export async function recordChanges(
  tx: Prisma.TransactionClient,
  write: WriteContext,
  changed: readonly Changed[],
): Promise<void> {
  const { rpc, keyId, requestId } = write;
  await tx.change.createMany({
    data: changed.map(({ companyId, kind, id: resourceId, version, time: changedTime }) => ({
      ...{ companyId, kind, resourceId, version, changedTime },
      ...{ rpc, keyId, staffId: actingStaffId(write, companyId), requestId },
    })),
  });
}

/** Whose consent changed, and how. */
export interface ConsentChanged {
  readonly companyId: string;
  readonly subjectKind: "customer" | "lead";
  readonly subjectId: string;
  /** Absent for the first state of a subject. */
  readonly before?: Consent;
  readonly after: Consent;
  /** That of the record as it now is: its `lastUpdatedTime`, or the moment of its import. */
  readonly time: Date;
}

/**
 * Appends to the ledger of consent. Call it under the lock of the record: an entry is later than those before it, which
 * the time of an imported record does not promise, since that can be older than the entry of its import.
 */
export async function recordConsent(
  tx: Prisma.TransactionClient,
  write: WriteContext,
  changed: ConsentChanged,
): Promise<void> {
  const { time: occurredTime, before, after, ...subject } = changed;
  const { rpc, keyId, ip, requestId } = write;
  const staffId = actingStaffId(write, subject.companyId);
  const last = before && (await lastConsent(tx, subject));
  await tx.consentEvent.create({
    data: {
      ...{ ...subject, rpc, keyId, staffId, ip, requestId },
      occurredTime: last ? updatedTime({ lastUpdatedTime: last.occurredTime }, occurredTime) : occurredTime,
      ...(before ? { before: { ...before } } : {}),
      after: { ...after },
    },
  });
}

function lastConsent(
  tx: Prisma.TransactionClient,
  subject: Pick<ConsentChanged, "companyId" | "subjectKind" | "subjectId">,
): Promise<{ occurredTime: Date } | null> {
  const orderBy = { occurredTime: "desc" } as const;
  return tx.consentEvent.findFirst({ where: subject, orderBy, select: { occurredTime: true } });
}
