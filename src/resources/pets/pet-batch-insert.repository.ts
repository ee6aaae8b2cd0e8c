import type { WriteContext } from "../../core/write.js";
import { auditColumns, recordChanges, stayingAt } from "../../db/audit-log.js";
import { joined, jsonOf, noteColumns, recordCreations } from "../../db/batch-insert.js";
import { insertExternalIds } from "../../db/external-ids.js";
import { Prisma } from "../../gen/prisma/client.js";
import { petFields } from "./pet.columns.js";
import { type BatchedPet, keyOfOwner } from "./pet-batch.model.js";

interface Inserted {
  readonly companyId: string;
  readonly records: readonly BatchedPet[];
  /** Of the owners. */
  readonly locations: ReadonlyMap<string, string | undefined>;
  readonly now: Date;
  readonly write: WriteContext;
}

/** Inserts pets with their children and audit log entries: one statement for each table. */
export async function insertPets(tx: Prisma.TransactionClient, inserted: Inserted): Promise<void> {
  const { companyId, records, locations, now, write } = inserted;
  await tx.$executeRaw`
    INSERT INTO pet (company_id, id, customer_id, lead_id, ${fieldNames}, created_by, created_time, last_updated_by,
      last_updated_time)
    SELECT ${companyId}, r.id, r.customer_id, r.lead_id, ${fieldValues}, r.created_by, r.created_time,
      r.last_updated_by, r.last_updated_time
    FROM jsonb_populate_recordset(NULL::pet, ${jsonOf(records.map(petRow))}::jsonb) r`;
  await insertCodes(tx, inserted);
  await insertNotes(tx, inserted);
  await insertVaccinations(tx, inserted);
  await insertExternalIds(tx, { kind: "pet", companyId }, records);
  const rows = records.map(({ id, owner }) => ({
    ...{ id, businessId: locations.get(keyOfOwner(owner)) },
    // The entry of the lead has the address.
    isWithoutAddress: owner.kind === "lead",
  }));
  await recordCreations(tx, { companyId, kind: "pet", now, write, rows });
}

const fieldNames = Prisma.raw(petFields.names);
const fieldValues = Prisma.raw(petFields.values("r"));

function petRow({ id, owner, stamp, ...record }: BatchedPet): string {
  const columns = {
    ...{ id, [`${owner.kind}_id`]: owner.id, created_by: stamp.createdBy, created_time: stamp.createdTime },
    ...{ last_updated_by: stamp.lastUpdatedBy, last_updated_time: stamp.lastUpdatedTime },
  };
  return joined(JSON.stringify(columns), petFields.json(record, {}));
}

interface Rows<Part extends keyof BatchedPet> {
  readonly companyId: string;
  readonly records: readonly Pick<BatchedPet, "id" | Part>[];
}

/** Stores codes of pets that have none. */
export async function insertCodes(
  tx: Prisma.TransactionClient,
  { companyId, records }: Rows<"petCodeIds">,
): Promise<void> {
  const petIds = records.flatMap(({ id, petCodeIds }) => petCodeIds.map(() => id));
  if (petIds.length === 0) return;
  const codeIds = records.flatMap(({ petCodeIds }) => petCodeIds);
  await tx.$executeRaw`
    INSERT INTO pet_pet_code (company_id, pet_id, pet_code_id)
    SELECT ${companyId}, x.pet_id, x.code_id FROM unnest(${petIds}::text[], ${codeIds}::text[]) AS x (pet_id, code_id)`;
}

async function insertNotes(tx: Prisma.TransactionClient, { companyId, records }: Inserted): Promise<void> {
  const rows = records.flatMap(({ id: pet_id, notes }) =>
    notes.map((note) => ({ pet_id, content: note.text, ...noteColumns(note) })),
  );
  if (rows.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO pet_note (company_id, id, pet_id, content, created_time, last_updated_by, last_updated_time)
    SELECT ${companyId}, x.id, x.pet_id, x.content, x.created_time, x.last_updated_by, x.last_updated_time
    FROM jsonb_populate_recordset(NULL::pet_note, ${JSON.stringify(rows)}::jsonb) x`;
}

/** Stores vaccinations of pets that have none. */
export async function insertVaccinations(
  tx: Prisma.TransactionClient,
  { companyId, records }: Rows<"vaccinations">,
): Promise<void> {
  const rows = records.flatMap(({ id: pet_id, vaccinations }) =>
    vaccinations.map(({ name, expiredTime: expired_time }, position) => ({ pet_id, position, name, expired_time })),
  );
  if (rows.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO pet_vaccination (company_id, pet_id, position, name, expired_time)
    SELECT ${companyId}, x.pet_id, x.position, x.name, x.expired_time
    FROM jsonb_populate_recordset(NULL::pet_vaccination, ${JSON.stringify(rows)}::jsonb) x`;
}

interface ChangedPets extends Pick<Inserted, "companyId" | "now" | "write"> {
  readonly records: readonly Pick<BatchedPet, "owner">[];
}

/** The new versions of locked leads whose pets were added or changed: one for each, whatever the number of its pets. */
export async function changeLeads(
  tx: Prisma.TransactionClient,
  { companyId, records, now, write }: ChangedPets,
): Promise<void> {
  const ids = [...new Set(records.flatMap(({ owner }) => (owner.kind === "lead" ? owner.id : [])))];
  if (ids.length === 0) return;
  const rows = await tx.$queryRaw<{ id: string; version: bigint; business_id: string | null }[]>`
    UPDATE lead t SET ${auditColumns({ companyId, now, write })}
    WHERE company_id = ${companyId} AND id = ANY(${ids}::text[])
    RETURNING id, version, preferred_business_id AS business_id`;
  const changed = { companyId, kind: "lead", time: now, fields: ["pets"] } as const;
  await recordChanges(
    tx,
    write,
    rows.map(({ id, version, business_id: location }) => ({
      ...{ ...changed, id, version, location: stayingAt(location ?? undefined) },
    })),
  );
}
