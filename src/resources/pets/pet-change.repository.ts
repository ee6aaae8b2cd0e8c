import { archivedError, DomainError, notFoundError } from "../../core/errors.js";
import type { WriteContext, WriteResult } from "../../core/write.js";
import { withoutAddress } from "../../db/audit-log.js";
import type { LimitedDatabase } from "../../db/company-records.js";
import { refusingTakenIds } from "../../db/external-ids.js";
import { assertNotErased, once, orNotFound, orThrow } from "../../db/idempotent-write.js";
import { Prisma } from "../../gen/prisma/client.js";
import { customFieldsInTransaction } from "../custom-fields/custom-field.repository.js";
import { createLeadUnit, readLead } from "../leads/lead-change.repository.js";
import { sizedLead } from "../leads/lead-size.repository.js";
import { type PetJson, petJson, toPet } from "./pet.columns.js";
import type { ChangedPet, NewPetUnit, Pet, PetOwnerTarget, PetTarget, PetTransaction } from "./pet.model.js";
import { countPets, type LockedOwner, lockOwner } from "./pet-owner.repository.js";
import { readWrittenPet } from "./pet-replay.repository.js";
import { sizedPet } from "./pet-size.repository.js";
import { createPetWriter, type PetWriter } from "./pet-writer.repository.js";

/** Creates a pet of a customer or a lead in one transaction: lock, replay, work, claim. */
export function createPet(
  { database, limits }: LimitedDatabase,
  target: PetOwnerTarget,
  write: WriteContext,
  work: (unit: NewPetUnit) => Promise<string>,
): Promise<Pet> {
  const size = sizedPet(limits.recordBytes);
  const created = once(database, write, {
    lock(tx) {
      size.reset();
      return orNotFound(lockOwner(tx, target));
    },
    async replay({ ids }) {
      assertNotErased("Pet", ids);
    },
    async work({ tx, locked, now, record }) {
      const owner = orThrow(locked);
      const { companyId, kind } = owner;
      if (owner.archived) throw archivedError("Customer", owner.id);
      await size.begin(tx, undefined);
      const change = { tx, owner, now, write, limit: limits.recordBytes };
      const id = await changePetsOf(change, (writer, changed) =>
        work({
          companyId,
          owner: kind,
          customFields: customFieldsInTransaction(tx),
          countPets: () => countPets(tx, owner),
          missingCodes: (ids) => writer.missingCodes(ids),
          add(pet) {
            changed();
            return writer.add(owner, pet);
          },
        }),
      );
      return record({ companyId, kind: "pet", ids: [id] });
    },
    async response({ tx, ids: [id = ""] }) {
      const pet = await readWrittenPet(tx, { accessFilter: target.accessFilter, id });
      await size.end(tx, pet);
      return pet;
    },
  });
  return refusingTakenIds(created);
}

/** Changes a pet in one transaction, with the steps of customer-change.repository.ts. */
export function changePet(
  { database, limits }: LimitedDatabase,
  target: PetTarget,
  write: WriteContext,
  work: (unit: PetTransaction) => Promise<WriteResult>,
): Promise<ChangedPet> {
  const size = sizedPet(limits.recordBytes);
  const changed = once(database, write, {
    async lock(tx) {
      size.reset();
      const found = async () => {
        const owner = await lockOwner(tx, target.owner);
        return { owner, pet: await readPet(tx, owner, target.id) };
      };
      return orNotFound(found());
    },
    async work({ tx, locked, now, record }) {
      const { owner, pet } = orThrow(locked);
      const { companyId } = owner;
      if (owner.archived) throw archivedError("Customer", owner.id);
      if (pet.archived) throw archivedError("Pet", pet.id);
      await size.begin(tx, pet);
      const change = { tx, owner, now, write, limit: limits.recordBytes };
      const result = await changePetsOf(change, (writer, changed) =>
        work({
          pet,
          customFields: customFieldsInTransaction(tx),
          missingCodes: (ids) => writer.missingCodes(ids),
          missingNotes: (ids) => writer.missingNotes(pet, ids),
          edit(edit) {
            changed();
            return writer.edit(pet, edit);
          },
        }),
      );
      return record({ companyId, ...result });
    },
    async response({ tx, locked, ids }) {
      // A replay finds the pet where it is now.
      const found =
        locked instanceof DomainError ? replayedPet(tx, target, locked) : readPet(tx, locked.owner, target.id);
      const written = await changedPet(tx, await found, ids);
      await size.end(tx, written.pet);
      return written;
    },
  });
  return refusingTakenIds(changed);
}

interface OwnedChange {
  readonly tx: Prisma.TransactionClient;
  readonly owner: LockedOwner;
  readonly now: Date;
  readonly write: WriteContext;
  /** Maximum size of a record. */
  readonly limit: number;
}

/**
 * Writes pets of a locked owner. A customer is not written. A lead contains its pets: it gets a new version if `work`
 * reports a change, and its size is bounded with them.
 */
async function changePetsOf<Result>(
  { tx, owner, now, write, limit }: OwnedChange,
  work: (writer: PetWriter, changed: () => void) => Promise<Result>,
): Promise<Result> {
  const { companyId, businessId } = owner;
  const options = { companyId, businessId, now };
  if (owner.kind === "customer") return work(createPetWriter(tx, { ...options, write }), () => {});
  const { lead } = owner;
  const size = sizedLead(limit);
  await size.begin(tx, lead);
  let isChanged = false;
  const result = await work(createPetWriter(tx, { ...options, write: withoutAddress(write) }), () => {
    isChanged = true;
  });
  if (!isChanged) return result;
  await createLeadUnit(tx, { lead, now, write }).finish(["pets"]);
  await size.end(tx, await readLead(tx, owner));
  return result;
}

async function readPet(tx: Prisma.TransactionClient, { companyId, ...owner }: LockedOwner, id: string): Promise<Pet> {
  const column = owner.kind === "customer" ? Prisma.sql`p.customer_id` : Prisma.sql`p.lead_id`;
  const rows = await tx.$queryRaw<{ pet: PetJson }[]>`SELECT ${Prisma.raw(petJson)} AS pet FROM pet p
    WHERE p.company_id = ${companyId} AND ${column} = ${owner.id} AND p.id = ${id}`;
  const [row] = rows;
  if (!row) throw notFoundError("Pet", id);
  return toPet(row.pet);
}

/** Throws what the lock threw if the pet is not found elsewhere. */
async function replayedPet(tx: Prisma.TransactionClient, { owner, id }: PetTarget, lost: DomainError): Promise<Pet> {
  try {
    return await readWrittenPet(tx, { accessFilter: owner.accessFilter, id });
  } catch (error) {
    throw error instanceof DomainError ? lost : error;
  }
}

async function changedPet(tx: Prisma.TransactionClient, pet: Pet, resourceIds: readonly string[]): Promise<ChangedPet> {
  const { companyId, id: petId } = pet;
  const notes = await tx.petNote.findMany({
    where: { companyId, petId, id: { in: [...resourceIds] } },
    orderBy: { id: "asc" },
  });
  return { pet, resourceIds, notes };
}
