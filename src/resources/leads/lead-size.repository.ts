import { maxNotesInRecord } from "../../core/note.js";
import { recordBytes } from "../../core/record-size.js";
import { sizedChange } from "../../db/sized-change.js";
import type { Prisma } from "../../gen/prisma/client.js";
import type { Lead } from "./lead.model.js";

/** Bounds the size of a lead with its pets and all notes, not only those that are read with it. */
export function sizedLead(limit: number) {
  return sizedChange<Lead>({ limit, bytes: leadBytes });
}

/**
 * The size of a lead.
 *
 * @param noteBytes of all notes of the lead and of its pets
 */
export function leadSize(lead: Lead, noteBytes: number): number {
  if (isWhole(lead)) return recordBytes(lead);
  return recordBytes({ ...lead, pets: lead.pets.map((pet) => ({ ...pet, notes: [] })), notes: [] }) + noteBytes;
}

/** Whether the lead was read with all its notes. */
function isWhole({ pets, notes }: Lead): boolean {
  return pets.length === 0 && notes.length < maxNotesInRecord;
}

async function leadBytes(tx: Prisma.TransactionClient, lead: Lead): Promise<number> {
  const { companyId, id } = lead;
  if (isWhole(lead)) return leadSize(lead, 0);
  const [row] = await tx.$queryRaw<{ bytes: number }[]>`
    SELECT (coalesce((SELECT sum(octet_length(n.content)) FROM pet_note n
        JOIN pet p ON p.company_id = n.company_id AND p.id = n.pet_id
        WHERE p.company_id = ${companyId} AND p.lead_id = ${id}), 0)
      + coalesce((SELECT sum(octet_length(m.note)) FROM lead_note m
        WHERE m.company_id = ${companyId} AND m.lead_id = ${id}), 0))::float8 AS bytes`;
  return leadSize(lead, row?.bytes ?? 0);
}
