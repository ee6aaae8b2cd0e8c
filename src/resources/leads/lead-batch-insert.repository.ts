import type { WriteContext } from "../../core/write.js";
import { insertContactParts, stampJson } from "../../db/batch-contacts.js";
import { joined, jsonOf } from "../../db/batch-insert.js";
import { insertExternalIds } from "../../db/external-ids.js";
import { Prisma } from "../../gen/prisma/client.js";
import { keyOfOwner } from "../pets/pet-batch.model.js";
import { insertPets } from "../pets/pet-batch-insert.repository.js";
import { leadFields } from "./lead.columns.js";
import type { BatchedLead } from "./lead-batch.model.js";

interface Inserted {
  readonly companyId: string;
  readonly records: readonly BatchedLead[];
  readonly now: Date;
  readonly write: WriteContext;
}

/**
 * Inserts leads with their pets and other children, consent entries and audit log entries: one statement for each table.
 */
export async function insertLeads(tx: Prisma.TransactionClient, inserted: Inserted): Promise<void> {
  const { companyId, records, now, write } = inserted;
  const leads = records.map((record) => joined(stampJson(record), leadFields.json(record, {})));
  await tx.$executeRaw`
    INSERT INTO lead (company_id, id, ${fieldNames}, created_by, created_time, last_updated_by, last_updated_time)
    SELECT ${companyId}, r.id, ${fieldValues}, r.created_by, r.created_time, r.last_updated_by, r.last_updated_time
    FROM jsonb_populate_recordset(NULL::lead, ${jsonOf(leads)}::jsonb) r`;
  await insertContactParts(tx, { kind: "lead", ...inserted });
  await insertExternalIds(tx, { kind: "lead", companyId }, records);
  const pets = records.flatMap((record) => record.pets);
  if (pets.length === 0) return;
  const locations = new Map(
    records.map(({ id, preferredBusinessId }) => [keyOfOwner({ kind: "lead", id }), preferredBusinessId]),
  );
  await insertPets(tx, { companyId, records: pets, locations, now, write });
}

const fieldNames = Prisma.raw(leadFields.names);
const fieldValues = Prisma.raw(leadFields.values("r"));
