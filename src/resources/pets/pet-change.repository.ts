import { archivedError, notFoundError } from "../../core/errors.js";
import type { WriteContext, WriteResult } from "../../core/write.js";
import type { LimitedDatabase } from "../../db/company-records.js";
import { assertNotErased, once } from "../../db/idempotent-write.js";
import { Prisma } from "../../gen/prisma/client.js";
import type { CustomerTarget } from "../customers/customer.model.js";
import { lockCustomer } from "../customers/customer-change.repository.js";
import { type PetJson, petJson, toPet } from "./pet.columns.js";
import type { ChangedPet, NewPetUnit, Pet, PetTarget, PetTransaction } from "./pet.model.js";
import { sizedPet } from "./pet-size.repository.js";
import { createPetWriter } from "./pet-writer.repository.js";

/**
 * The customer is locked NO KEY UPDATE, like a change of the customer itself. So it cannot be archived or move to
 * another location, the number of its pets is exact, concurrent duplicates wait here, and a single lock for all its
 * pets avoids deadlocks. KEY SHARE would not guarantee any of this. The customer row is not written.
 */
const strength = "NO KEY UPDATE";

/** Creates a pet of a customer in one transaction: lock, replay, work, claim. */
export function createPet(
  { database, limits }: LimitedDatabase,
  target: CustomerTarget,
  write: WriteContext,
  work: (unit: NewPetUnit) => Promise<string>,
): Promise<Pet> {
  const size = sizedPet(limits.recordBytes);
  return once(database, write, {
    lock(tx) {
      size.reset();
      return lockCustomer(tx, target, strength);
    },
    async replay({ ids }) {
      assertNotErased("Pet", ids);
    },
    async work({ tx, locked: { companyId, id: customerId, businessId, archived: isArchived }, now, record }) {
      if (isArchived) throw archivedError("Customer", customerId);
      await size.begin(tx, undefined);
      const writer = createPetWriter(tx, { companyId, businessId, now, write });
      const id = await work({
        countPets: () => tx.pet.count({ where: { companyId, customerId, archivedTime: null } }),
        missingCodes: (ids) => writer.missingCodes(ids),
        add: (pet) => writer.add({ kind: "customer", id: customerId }, pet),
      });
      return record({ companyId, kind: "pet", ids: [id] });
    },
    async response({ tx, locked: { companyId, id: customerId }, ids: [id = ""] }) {
      const pet = await readPet(tx, { companyId, customerId, id });
      await size.end(tx, pet);
      return pet;
    },
  });
}

/** Changes a pet in one transaction, with the steps of customer-change.repository.ts. */
export function changePet(
  { database, limits }: LimitedDatabase,
  target: PetTarget,
  write: WriteContext,
  work: (unit: PetTransaction) => Promise<WriteResult>,
): Promise<ChangedPet> {
  const size = sizedPet(limits.recordBytes);
  return once(database, write, {
    async lock(tx) {
      size.reset();
      const customer = await lockCustomer(tx, target.customer, strength);
      const key = { companyId: customer.companyId, customerId: customer.id, id: target.id };
      return { customer, key, pet: await readPet(tx, key) };
    },
    async work({ tx, locked: { customer, pet }, now, record }) {
      const { companyId, businessId } = customer;
      if (customer.archived) throw archivedError("Customer", customer.id);
      if (pet.archived) throw archivedError("Pet", pet.id);
      await size.begin(tx, pet);
      const writer = createPetWriter(tx, { companyId, businessId, now, write });
      const result = await work({
        pet,
        missingCodes: (ids) => writer.missingCodes(ids),
        edit: (edit) => writer.edit(pet, edit),
      });
      return record({ companyId, ...result });
    },
    async response({ tx, locked: { key }, ids }) {
      const changed = await changedPet(tx, key, ids);
      await size.end(tx, changed.pet);
      return changed;
    },
  });
}

interface PetKey {
  readonly companyId: string;
  readonly customerId: string;
  readonly id: string;
}

async function readPet(tx: Prisma.TransactionClient, { companyId, customerId, id }: PetKey): Promise<Pet> {
  const rows = await tx.$queryRaw<{ pet: PetJson }[]>`SELECT ${Prisma.raw(petJson)} AS pet FROM pet p
    WHERE p.company_id = ${companyId} AND p.customer_id = ${customerId} AND p.id = ${id}`;
  const [row] = rows;
  if (!row) throw notFoundError("Pet", id);
  return toPet(row.pet);
}

async function changedPet(
  tx: Prisma.TransactionClient,
  key: PetKey,
  resourceIds: readonly string[],
): Promise<ChangedPet> {
  const notes = await tx.petNote.findMany({
    where: { companyId: key.companyId, petId: key.id, id: { in: [...resourceIds] } },
    orderBy: { id: "asc" },
  });
  return { pet: await readPet(tx, key), resourceIds, notes };
}
