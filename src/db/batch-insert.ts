import { idPrefixes, newId } from "../core/ids.js";
import type { ImportedNoteRecord } from "../core/note.js";
import { actingStaffId, type WriteContext } from "../core/write.js";
import type { Prisma } from "../gen/prisma/client.js";
import { timestamp } from "./audit-log.js";

/** A JSON array of members that are JSON already. */
export function jsonOf(members: readonly string[]): string {
  return `[${members.join(",")}]`;
}

/** Two JSON objects as one. */
export function joined(one: string, other: string): string {
  return `${one.slice(0, -1)},${other.slice(1)}`;
}

/** The columns of a new note, apart from its owner and its text. */
export function noteColumns({ id = newId(idPrefixes.note), ...note }: ImportedNoteRecord) {
  const { createdTime, lastUpdatedTime, lastUpdatedBy } = note;
  return {
    ...{ id, created_time: createdTime },
    ...{ last_updated_by: lastUpdatedBy, last_updated_time: lastUpdatedTime },
  };
}

interface Created {
  readonly companyId: string;
  readonly kind: "customer" | "lead" | "pet" | "package";
  readonly now: Date;
  readonly write: WriteContext;
  readonly rows: readonly CreatedRow[];
}

interface CreatedRow {
  readonly id: string;
  readonly businessId: string | undefined;
  /** Whether its entry has no address: one that an erasure does not reach. */
  readonly isWithoutAddress?: boolean;
}

/** Appends the creations of a batch to the audit log. */
export async function recordCreations(
  tx: Prisma.TransactionClient,
  { companyId, kind, now, write, rows }: Created,
): Promise<void> {
  const { rpc, keyId, requestId, recordedAddress = "" } = write;
  const ids = rows.map(({ id }) => id);
  const businessIds = rows.map(({ businessId = null }) => businessId);
  const addresses = rows.map(({ isWithoutAddress = false }) => (isWithoutAddress ? "" : recordedAddress));
  await tx.$executeRaw`
    INSERT INTO change (company_id, kind, resource_id, version, rpc, key_id, staff_id, request_id, changed_time,
      changed_fields, location_after, client_address)
    SELECT ${companyId}, ${kind}, r.id, 1, ${rpc}, ${keyId}, ${actingStaffId(write, companyId)}, ${requestId},
      ${timestamp(now)}, '{}'::text[], r.business_id, r.address
    FROM unnest(${ids}::text[], ${businessIds}::text[], ${addresses}::text[]) AS r (id, business_id, address)`;
}
