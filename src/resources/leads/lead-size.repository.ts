import { recordBytes } from "../../core/record-size.js";
import { sizedChange } from "../../db/sized-change.js";
import type { Prisma } from "../../gen/prisma/client.js";
import type { Lead } from "./lead.model.js";

/** Bounds the size of a lead with its pets and all their notes, not only those that are read with it. */
export function sizedLead(limit: number) {
  return sizedChange<Lead>({ limit, bytes: leadBytes });
}

async function leadBytes(tx: Prisma.TransactionClient, lead: Lead): Promise<number> {
  const { companyId, id } = lead;
  const pets = lead.pets.map((pet) => ({ ...pet, notes: [] }));
  if (pets.length === 0) return recordBytes(lead);
  const [row] = await tx.$queryRaw<{ bytes: number | null }[]>`
    SELECT sum(octet_length(n.content))::float8 AS bytes FROM pet_note n
    JOIN pet p ON p.company_id = n.company_id AND p.id = n.pet_id
    WHERE p.company_id = ${companyId} AND p.lead_id = ${id}`;
  return recordBytes({ ...lead, pets }) + (row?.bytes ?? 0);
}
