import { maxNotesInRecord } from "../../core/note.js";
import { recordBytes } from "../../core/record-size.js";
import { sizedChange } from "../../db/sized-change.js";
import type { Prisma } from "../../gen/prisma/client.js";
import type { Pet } from "./pet.model.js";

/** Bounds the size of a pet with all its notes, not only those that are read with it. */
export function sizedPet(limit: number) {
  return sizedChange<Pet>({ limit, bytes: petBytes });
}

/**
 * The size of a pet.
 *
 * @param noteBytes of all its notes
 */
export function petSize(pet: Pet, noteBytes: number): number {
  return isWhole(pet) ? recordBytes(pet) : recordBytes({ ...pet, notes: [] }) + noteBytes;
}

/** Whether the pet was read with all its notes. */
function isWhole({ notes }: Pet): boolean {
  return notes.length < maxNotesInRecord;
}

async function petBytes(tx: Prisma.TransactionClient, pet: Pet): Promise<number> {
  if (isWhole(pet)) return petSize(pet, 0);
  const { companyId, id } = pet;
  const [row] = await tx.$queryRaw<{ bytes: number | null }[]>`
    SELECT sum(octet_length(content))::float8 AS bytes FROM pet_note WHERE company_id = ${companyId} AND pet_id = ${id}`;
  return petSize(pet, row?.bytes ?? 0);
}
