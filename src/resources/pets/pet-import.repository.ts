import { DomainError, erasedError } from "../../core/errors.js";
import type { WriteContext } from "../../core/write.js";
import { withoutAddress } from "../../db/audit-log.js";
import type { LimitedDatabase } from "../../db/company-records.js";
import { isErased } from "../../db/erasure/erasure.js";
import type { Pseudonym } from "../../db/erasure/pseudonym.js";
import { findExistingIds, missingStaff } from "../../db/existing-ids.js";
import { refusingTakenIds } from "../../db/external-ids.js";
import { once } from "../../db/idempotent-write.js";
import type { Prisma } from "../../gen/prisma/client.js";
import { customFieldsInTransaction } from "../custom-fields/custom-field.repository.js";
import { lockCustomer } from "../customers/customer-change.repository.js";
import { assertLead } from "../leads/lead.model.js";
import { createLeadUnit, lockLead, readLead } from "../leads/lead-change.repository.js";
import { sizedLead } from "../leads/lead-size.repository.js";
import type { PetImportRepository, PetImportTarget, PetImportUnit } from "./pet-import.model.js";
import { countPets } from "./pet-owner.repository.js";
import { readWrittenPet } from "./pet-replay.repository.js";
import { sizedPet } from "./pet-size.repository.js";
import { createPetWriter } from "./pet-writer.repository.js";

/** Imports pets, each in one transaction: lock of the owner, replay, claim, work. */
export function createPetImportRepository(
  { database, limits: { recordBytes: limit } }: LimitedDatabase,
  pseudonym: Pseudonym,
): PetImportRepository {
  return {
    import(target, write, work) {
      const size = sizedPet(limit);
      const imported = once(database, write, {
        lock(tx) {
          size.reset();
          return lockOwner(tx, target);
        },
        async replay({ tx }) {
          const { companyId, id } = target;
          if (await isErased(tx, { companyId, kind: "pet", id, pseudonym })) throw erasedError("Pet", id);
        },
        async work({ tx, locked: isSeen, now, record }) {
          const recorded = await record({ companyId: target.companyId, kind: "pet", ids: [target.id] });
          const hasOwner = isSeen && (await isInUse(tx, target));
          await size.begin(tx, undefined);
          const businessId = await locationOf(tx, target);
          await work(createUnit(tx, { ...target, businessId, hasOwner, now, write, pseudonym, limit }));
          return recorded;
        },
        async response({ tx }) {
          const pet = await readWrittenPet(tx, target);
          await size.end(tx, pet);
          return pet;
        },
      });
      return refusingTakenIds(imported);
    },
  };
}

/** Whether the principal can access the owner, which is locked as in pet-change.repository.ts. */
async function lockOwner(tx: Prisma.TransactionClient, { accessFilter, owner }: PetImportTarget): Promise<boolean> {
  const lock =
    owner.kind === "customer"
      ? lockCustomer(tx, { accessFilter, id: owner.id }, "NO KEY UPDATE")
      : lockLead(tx, { accessFilter, id: owner.id });
  return isFound(lock);
}

async function isInUse(tx: Prisma.TransactionClient, { companyId, owner }: PetImportTarget): Promise<boolean> {
  if (owner.kind === "lead") return isFound(readLead(tx, { companyId, id: owner.id }).then(assertLead));
  return (await tx.customer.count({ where: { companyId, id: owner.id, archivedTime: null } })) > 0;
}

async function isFound(found: Promise<unknown>): Promise<boolean> {
  try {
    await found;
    return true;
  } catch (error) {
    if (error instanceof DomainError && absent.includes(error.reason)) return false;
    throw error;
  }
}

const absent: readonly string[] = ["RESOURCE_NOT_FOUND", "LEAD_PROMOTED"];

async function locationOf(
  tx: Prisma.TransactionClient,
  { companyId, owner: { kind, id } }: PetImportTarget,
): Promise<string | undefined> {
  const named = { where: { companyId, id }, select: { preferredBusinessId: true } } as const;
  const found = await (kind === "customer" ? tx.customer.findFirst(named) : tx.lead.findFirst(named));
  return found?.preferredBusinessId ?? undefined;
}

interface UnitOptions extends PetImportTarget {
  readonly businessId: string | undefined;
  readonly hasOwner: boolean;
  readonly now: Date;
  readonly write: WriteContext;
  readonly pseudonym: Pseudonym;
  /** Maximum size of a record. */
  readonly limit: number;
}

function createUnit(
  tx: Prisma.TransactionClient,
  { companyId, id, owner, businessId, hasOwner, now, write, pseudonym, limit }: UnitOptions,
): PetImportUnit {
  const writer = createPetWriter(tx, {
    ...{ companyId, businessId, now },
    write: owner.kind === "lead" ? withoutAddress(write) : write,
  });
  return {
    now,
    hasOwner,
    customFields: customFieldsInTransaction(tx),
    countPets: () => countPets(tx, { companyId, ...owner }),
    missingCodes: (ids) => writer.missingCodes(ids),
    missingStaff: (ids) => missingStaff(tx, companyId, ids),
    taken: (kind, ids) => findExistingIds(tx, { companyId, kind, ids }),
    exists: () => writer.exists(id),
    isErased: () => isErased(tx, { companyId, kind: "pet", id, pseudonym }),

    async insert(pet) {
      if (owner.kind === "customer") {
        await writer.addKept(owner, pet);
        return;
      }
      // Changing the pets of a lead changes the lead.
      const key = { companyId, id: owner.id };
      const lead = await readLead(tx, key);
      const size = sizedLead(limit);
      await size.begin(tx, lead);
      await writer.addKept(owner, pet);
      await createLeadUnit(tx, { lead, now, write }).finish(["pets"]);
      await size.end(tx, await readLead(tx, key));
    },
  };
}
