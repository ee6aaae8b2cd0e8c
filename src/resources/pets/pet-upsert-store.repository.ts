import type { WriteContext } from "../../core/write.js";
import { recordChanges, stayingAt, withoutAddress } from "../../db/audit-log.js";
import { updateRows } from "../../db/changed-rows.js";
import { insertExternalIds } from "../../db/external-ids.js";
import type { Prisma } from "../../gen/prisma/client.js";
import { petFields } from "./pet.columns.js";
import { keyOfOwner } from "./pet-batch.model.js";
import { insertCodes, insertVaccinations } from "./pet-batch-insert.repository.js";
import type { PetPlan } from "./pet-upsert-plan.repository.js";

interface StoredChanges {
  readonly companyId: string;
  readonly plans: readonly PetPlan[];
  /** Of the owners. */
  readonly locations: ReadonlyMap<string, string | undefined>;
  readonly now: Date;
  readonly write: WriteContext;
}

/** Stores changes of pets of locked owners, with a statement for each table. Returns the new versions by id. */
export async function storeChanges(
  tx: Prisma.TransactionClient,
  { companyId, plans, locations, now, write }: StoredChanges,
): Promise<ReadonlyMap<string, bigint>> {
  if (plans.length === 0) return new Map();
  const changes = plans.map(({ record: { id }, change }) => ({ id, change }));
  const versions = await updateRows(tx, { table: "pet", fields: petFields, companyId, changes, now, write });
  await replaceCodes(tx, companyId, plans);
  await replaceVaccinations(tx, companyId, plans);
  const added = plans.map(({ record: { id }, addedExternalIds: externalIds }) => ({ id, externalIds }));
  await insertExternalIds(tx, { kind: "pet", companyId }, added);
  for (const kind of ["customer", "lead"] as const) {
    const some = plans.filter(({ record }) => record.owner.kind === kind);
    const rows = some.map(({ record: { id, owner }, fields }) => ({
      ...{ companyId, kind: "pet" as const, id, version: versions.get(id) ?? 0n, time: now, fields },
      location: stayingAt(locations.get(keyOfOwner(owner))),
    }));
    // The entry of the lead has the address.
    if (rows.length > 0) await recordChanges(tx, kind === "lead" ? withoutAddress(write) : write, rows);
  }
  return versions;
}

async function replaceCodes(tx: Prisma.TransactionClient, companyId: string, plans: readonly PetPlan[]): Promise<void> {
  const records = plans.flatMap(({ record: { id }, edit: { petCodeIds } }) => (petCodeIds ? [{ id, petCodeIds }] : []));
  if (records.length === 0) return;
  const ids = records.map(({ id }) => id);
  await tx.$executeRaw`DELETE FROM pet_pet_code k WHERE k.company_id = ${companyId} AND k.pet_id = ANY(${ids}::text[])`;
  await insertCodes(tx, { companyId, records });
}

async function replaceVaccinations(
  tx: Prisma.TransactionClient,
  companyId: string,
  plans: readonly PetPlan[],
): Promise<void> {
  const records = plans.flatMap(({ record: { id }, edit: { vaccinations } }) =>
    vaccinations ? [{ id, vaccinations }] : [],
  );
  if (records.length === 0) return;
  const ids = records.map(({ id }) => id);
  await tx.$executeRaw`DELETE FROM pet_vaccination v WHERE v.company_id = ${companyId} AND v.pet_id = ANY(${ids}::text[])`;
  await insertVaccinations(tx, { companyId, records });
}
