import { storeUpserts } from "../../db/batch-upsert.js";
import { type BatchStep, batchOnce, refreshStatistics } from "../../db/batch-write.js";
import type { LimitedDatabase } from "../../db/company-records.js";
import type { Pseudonym } from "../../db/erasure/pseudonym.js";
import { externalIdKeyName } from "../../db/external-ids.js";
import { toPet } from "./pet.columns.js";
import type { PetBatch } from "./pet-batch.model.js";
import { createUnit, refuseErased, versionsOf } from "./pet-batch.repository.js";
import { changeLeads, insertPets } from "./pet-batch-insert.repository.js";
import type { FoundPet, FoundPets, PetUpsertRepository, PetUpsertUnit, PlacedPet } from "./pet-upsert.model.js";
import { type PetPlan, planEdit } from "./pet-upsert-plan.repository.js";
import { lockMatches, ownerOfRow, readUpserted } from "./pet-upsert-read.repository.js";
import { storeChanges } from "./pet-upsert-store.repository.js";

/** Upserts of pets, in one transaction with statements for each table and not for each pet. */
export function createPetUpsertRepository(
  { database, limits: { recordBytes } }: LimitedDatabase,
  pseudonym: Pseudonym,
): PetUpsertRepository {
  return {
    async store(batch, write, decide) {
      if (batch.size > 1) await database.write(refreshStatistics, [], write);
      return batchOnce(database, write, { ...batch, ...contested }, async (step) => {
        const { tx, now } = step;
        const { companyId, keepsIds, size } = batch;
        const unit = createUpsertUnit(step, { batch, pseudonym, recordBytes });
        const decision = await decide(unit);
        const { locations } = unit;
        return storeUpserts(step, decision, {
          ...{ write, size, resource: "Pet" },
          async insert(records) {
            await insertPets(tx, { companyId, records, locations, now, write });
            if (keepsIds) await refuseErased(tx, { companyId, pseudonym, petIds: records.map(({ id }) => id) });
          },
          async change(plans) {
            const versions = await storeChanges(tx, { companyId, plans, locations, now, write });
            const records = [...decision.created.values(), ...plans.map(({ record }) => record)];
            await changeLeads(tx, { companyId, records, now, write });
            return versions;
          },
          versionsOf: (ids) => versionsOf(tx, batch, ids),
        });
      });
    },
  };
}

const contested = { kind: "pet", resource: "Pet", contested: ["pet_pkey", externalIdKeyName("pet")] } as const;

interface UnitOptions {
  readonly batch: PetBatch;
  readonly pseudonym: Pseudonym;
  readonly recordBytes: number;
}

type Unit = PetUpsertUnit<PetPlan> & Pick<ReturnType<typeof createUnit>, "locations">;

function createUpsertUnit(step: BatchStep, options: UnitOptions): Unit {
  const { tx } = step;
  const { companyId, accessFilter } = options.batch;
  const unit = createUnit(step, options);
  const noteBytes = new Map<string, number>();

  async function find(keys: readonly PlacedPet[]): Promise<FoundPets> {
    const { matches, owners } = await lockMatches(tx, { companyId, accessFilter, keys, locations: unit.locations });
    const ids = [...new Set([...matches.values()].flat())];
    const records = new Map<string, FoundPet>();
    for (const row of await readUpserted(tx, accessFilter, { companyId, ids })) {
      const pet = toPet(row.pet);
      const { id, version } = pet;
      noteBytes.set(id, row.note_bytes);
      records.set(id, { id, version, pet, owner: ownerOfRow(row), isSeen: row.is_seen });
    }
    return { matches, owners, records };
  }

  return {
    ...unit,
    find,
    plan: (asked) => planEdit(asked, { noteBytes: noteBytes.get(asked.found.id) ?? 0, limit: options.recordBytes }),
  };
}
