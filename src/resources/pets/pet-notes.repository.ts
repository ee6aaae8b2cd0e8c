import { notFoundError } from "../../core/errors.js";
import type { Page } from "../../core/page.js";
import { accessFilterValues, accessPredicate, requireSingleRow } from "../../db/access-filter.js";
import type { Database } from "../../db/database.js";
import { statement } from "../../db/statement.js";
import type { PetNoteWithCreatedTime } from "./pet.model.js";
import type { PetTarget } from "./pet-store.model.js";

interface PetNoteRow {
  readonly id: string;
  readonly content: string;
  readonly created_time: Date;
  readonly last_updated_by: string;
  readonly last_updated_time: Date;
}

/**
 * A page of a pet's notes, newest first. Throws NOT_FOUND if the principal cannot access the customer or it does not
 * have the pet.
 */
export async function listPetNotes(
  database: Database,
  { customer, id }: PetTarget,
  page: Page,
  signal: AbortSignal,
): Promise<readonly PetNoteWithCreatedTime[]> {
  const values = [...accessFilterValues(customer.accessFilter), customer.id, id];
  const found = await database.read<{ company_id: string; has_pet: boolean }>(locate, values, signal);
  const owner = requireSingleRow(found, "Customer", customer.id);
  if (!owner) throw notFoundError("Customer", customer.id);
  if (!owner.has_pet) throw notFoundError("Pet", id);
  const scope = [owner.company_id, id];
  const rows = page.after
    ? await database.read<PetNoteRow>(nextPage, [...scope, page.size + 1, page.after.time, page.after.id], signal)
    : await database.read<PetNoteRow>(firstPage, [...scope, page.size + 1, page.offset], signal);
  return rows.map((row) => ({
    id: row.id,
    content: row.content,
    createdTime: row.created_time,
    lastUpdatedBy: row.last_updated_by,
    lastUpdatedTime: row.last_updated_time,
  }));
}

const locate = statement(
  "pet.locate",
  `SELECT c.company_id, EXISTS (
    SELECT 1 FROM pet p WHERE p.company_id = c.company_id AND p.customer_id = c.id AND p.id = $4) AS has_pet
  FROM customer c WHERE ${accessPredicate("c")} AND c.id = $3`,
);

const notesOf = `SELECT id, content, created_time, last_updated_by, last_updated_time FROM pet_note
  WHERE company_id = $1 AND pet_id = $2`;
const newestFirst = "ORDER BY created_time DESC, id DESC LIMIT $3";

const firstPage = statement("pet_note.first_page", `${notesOf} ${newestFirst} OFFSET $4`);
const nextPage = statement("pet_note.next_page", `${notesOf} AND (created_time, id) < ($4, $5) ${newestFirst}`);
