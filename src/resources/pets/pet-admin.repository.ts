import { archivedError, notFoundError } from "../../core/errors.js";
import type { WriteContext } from "../../core/write.js";
import { timestamp, withoutAddress } from "../../db/audit-log.js";
import type { LimitedDatabase } from "../../db/company-records.js";
import { concurrentWrite } from "../../db/database-errors.js";
import { createEraser, eraseOnePet, isErased } from "../../db/erasure/erasure.js";
import type { Pseudonym } from "../../db/erasure/pseudonym.js";
import { once } from "../../db/idempotent-write.js";
import { Prisma } from "../../gen/prisma/client.js";
import { lockCustomer } from "../customers/customer-change.repository.js";
import { createLeadUnit, lockLead, readLead } from "../leads/lead-change.repository.js";
import { type PetJson, petJson, toPet } from "./pet.columns.js";
import type { Pet } from "./pet.model.js";
import type { CompanyPetTarget, MoveTarget, PetAdminRepository } from "./pet-admin.model.js";
import { assertLeadOwner, countPets, type LockedOwner, orAbsent } from "./pet-owner.repository.js";
import { createPetWriter } from "./pet-writer.repository.js";

/** Archives, restores, moves and erases pets, each in one transaction that locks the owners first. */
export function createPetAdminRepository(
  { database }: Pick<LimitedDatabase, "database">,
  pseudonym: Pseudonym,
): PetAdminRepository {
  return {
    setArchived: (target, archived, write, admit) =>
      once(database, write, {
        lock: (tx) => lockPet(tx, target),
        async work({ tx, locked: { owner, pet }, now, record }) {
          const { companyId, id } = target;
          if (owner.archived) throw archivedError("Customer", owner.id);
          if (pet.archived !== archived) {
            if (!archived) await admit({ owner: owner.kind, countPets: () => countPets(tx, owner) });
            const archivedTime = archived ? timestamp(now) : Prisma.sql`NULL`;
            await changeOne(tx, { owner, now, write }, (writer) =>
              writer.set(pet, { assignments: [Prisma.sql`archived_time = ${archivedTime}`], fields: ["archived"] }),
            );
          }
          return record({ companyId, kind: "pet", ids: [id] });
        },
        response: ({ tx }) => readPet(tx, target),
      }),

    move: (target, customerId, write, admit) =>
      once(database, write, {
        lock: (tx) => lockBoth(tx, target, customerId),
        async work({ tx, locked: { owner, pet, next }, now, record }) {
          const { companyId, id } = target;
          if (owner.archived) throw archivedError("Customer", owner.id);
          if (pet.archived) throw archivedError("Pet", id);
          if (owner.kind === "lead" || next?.id !== owner.id) {
            const found = next ?? (await absence(tx, { companyId, id: customerId, pseudonym }));
            await admit("state" in found ? found : moveTarget(tx, found));
            await changeOne(tx, { owner, now, write }, (writer) =>
              writer.set(pet, {
                assignments: [Prisma.sql`customer_id = ${customerId}, lead_id = NULL`],
                fields: ["customer_id"],
                location: { before: owner.businessId, after: next?.businessId },
                related: { kind: "customer", id: customerId },
              }),
            );
          }
          return record({ companyId, kind: "pet", ids: [id] });
        },
        response: ({ tx }) => readPet(tx, target),
      }),

    erase(target, write, condition) {
      const { companyId, id } = target;
      const lock = async (tx: Prisma.TransactionClient) => ({ ...(await lockPet(tx, target)), companyId, id });
      return createEraser(database, { ...condition, lock, kind: "pet", write }, async (tx, { owner }, now) => {
        await changeOne(tx, { owner, now, write }, () =>
          eraseOnePet(tx, write, { companyId, id, time: now, pseudonym, businessId: owner.businessId }),
        );
      });
    },
  };
}

interface OwnerChange {
  readonly owner: LockedOwner;
  readonly now: Date;
  readonly write: WriteContext;
}

/** A customer does not change with its pets. A lead contains them. */
async function changeOne(
  tx: Prisma.TransactionClient,
  { owner, now, write }: OwnerChange,
  work: (writer: ReturnType<typeof createPetWriter>) => Promise<void>,
): Promise<void> {
  const { companyId, businessId } = owner;
  const ofPet = owner.kind === "lead" ? withoutAddress(write) : write;
  await work(createPetWriter(tx, { companyId, businessId, now, write: ofPet }));
  if (owner.kind === "lead") await createLeadUnit(tx, { lead: owner.lead, now, write }).finish(["pets"]);
}

interface LockedPet {
  readonly owner: LockedOwner;
  readonly pet: Pet;
}

/**
 * Locks the owner of the pet, like other writes to pets, and the next one if the pet was moved, promoted or merged while
 * this request waited. Throws NOT_FOUND of the pet if its owner cannot be accessed.
 */
async function lockPet(tx: Prisma.TransactionClient, target: CompanyPetTarget): Promise<LockedPet> {
  let known = await ownerOf(tx, target);
  for (let attempt = 1; attempt <= maxOwners; attempt += 1) {
    const lock = known.ofLead ? lockLeadOwner : lockCustomerOwner;
    const owner = await orAbsent(lock(tx, target, known.ownerId));
    const present = await ownerOf(tx, target);
    if (present.ofLead === known.ofLead && present.ownerId === known.ownerId) {
      // The request names the pet alone, so an owner that cannot be accessed is not named.
      if (!owner) throw notFoundError("Pet", target.id);
      return { owner, pet: await readPet(tx, target) };
    }
    known = present;
  }
  throw concurrentWrite();
}

const maxOwners = 3;

interface LockedMove extends LockedPet {
  readonly next: LockedOwner | undefined;
}

/** Both owners, in the order of their ids, so that moves in both directions do not wait for each other. */
async function lockBoth(
  tx: Prisma.TransactionClient,
  target: CompanyPetTarget,
  customerId: string,
): Promise<LockedMove> {
  const { ofLead, ownerId } = await ownerOf(tx, target);
  const lockNext = () => orAbsent(lockCustomerOwner(tx, target, customerId));
  const isFirst = !ofLead && customerId < ownerId;
  const early = isFirst ? await lockNext() : undefined;
  const locked = await lockPet(tx, target);
  return { ...locked, next: isFirst ? early : await lockNext() };
}

async function lockCustomerOwner(
  tx: Prisma.TransactionClient,
  { accessFilter }: CompanyPetTarget,
  id: string,
): Promise<LockedOwner> {
  return { kind: "customer", ...(await lockCustomer(tx, { accessFilter, id }, "NO KEY UPDATE")) };
}

async function lockLeadOwner(tx: Prisma.TransactionClient, target: CompanyPetTarget, id: string): Promise<LockedOwner> {
  const key = await lockLead(tx, { accessFilter: target.accessFilter, id });
  const lead = await readLead(tx, key);
  if (lead.archived) throw notFoundError("Lead", id);
  assertLeadOwner(id, lead.promotedCustomerId ?? null, target.leadScope);
  const { companyId, preferredBusinessId: businessId } = lead;
  return { kind: "lead", companyId, id, businessId, archived: false, lead };
}

async function ownerOf(
  tx: Prisma.TransactionClient,
  { companyId, id }: CompanyPetTarget,
): Promise<{ readonly ofLead: boolean; readonly ownerId: string }> {
  const select = { customerId: true, leadId: true } as const;
  const found = await tx.pet.findFirst({ where: { companyId, id }, select });
  if (!found) throw notFoundError("Pet", id);
  return { ofLead: found.customerId === null, ownerId: found.customerId ?? found.leadId ?? "" };
}

async function absence(
  tx: Prisma.TransactionClient,
  customer: { readonly companyId: string; readonly id: string; readonly pseudonym: Pseudonym },
): Promise<MoveTarget> {
  return { state: (await isErased(tx, { ...customer, kind: "customer" })) ? "erased" : "absent" };
}

function moveTarget(tx: Prisma.TransactionClient, next: LockedOwner): MoveTarget {
  return next.archived ? { state: "archived" } : { state: "found", countPets: () => countPets(tx, next) };
}

async function readPet(tx: Prisma.TransactionClient, { companyId, id }: CompanyPetTarget): Promise<Pet> {
  const [row] = await tx.$queryRaw<{ pet: PetJson }[]>`
    SELECT ${Prisma.raw(petJson)} AS pet FROM pet p WHERE p.company_id = ${companyId} AND p.id = ${id}`;
  if (!row) throw notFoundError("Pet", id);
  return toPet(row.pet);
}
