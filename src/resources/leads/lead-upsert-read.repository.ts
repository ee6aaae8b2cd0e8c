import type { AccessFilter } from "../../core/access.js";
import { leadGrantPredicate, toPrismaPredicate } from "../../db/access-filter.js";
import { Prisma } from "../../gen/prisma/client.js";
import { type LeadRow, leadChildren, leadColumns } from "./lead.columns.js";

/** A lead that an upsert found. */
export interface UpsertedLeadRow extends LeadRow {
  /** Whether the principal can access it. */
  readonly is_seen: boolean;
  /** Of all notes of the lead and of its pets. */
  readonly note_bytes: number;
}

interface Asked {
  readonly companyId: string;
  readonly ids: readonly string[];
}

/** Leads with their children, promoted and archived ones among them. */
export async function readUpserted(
  tx: Prisma.TransactionClient,
  accessFilter: AccessFilter,
  { companyId, ids }: Asked,
): Promise<readonly UpsertedLeadRow[]> {
  if (ids.length === 0) return [];
  return tx.$queryRaw<UpsertedLeadRow[]>`
    SELECT stored.note_bytes, ${toPrismaPredicate(leadGrantPredicate("l"), accessFilter)} AS is_seen,
      ${Prisma.raw(leadColumns)}, ${Prisma.raw(leadChildren)}
    FROM lead l, LATERAL (
      SELECT (coalesce((SELECT sum(octet_length(n.content)) FROM pet_note n
          JOIN pet p ON p.company_id = n.company_id AND p.id = n.pet_id
          WHERE p.company_id = l.company_id AND p.lead_id = l.id), 0)
        + coalesce((SELECT sum(octet_length(m.note)) FROM lead_note m
          WHERE m.company_id = l.company_id AND m.lead_id = l.id), 0))::float8 AS note_bytes) stored
    WHERE l.company_id = ${companyId} AND l.id = ANY(${[...ids]}::text[])`;
}
