import { toProtoOutcome, toProtoResult } from "../../api/batch-fields.js";
import { recordOf, returnedRecords } from "../../api/batch-items.js";
import { findFitting } from "../../api/fitting-rows.js";
import { warnOfPhones } from "../../api/phone-fields.js";
import { type Context, rpc, type ServiceHandlers } from "../../api/rpc.js";
import { isRefused } from "../../core/batch.js";
import { requireFound } from "../../core/company-resource.js";
import type { PetUpsertService } from "../../gen/proto/moego/admin/v1/pet_upsert_service_pb.js";
import { vetNumber } from "./pet.model.js";
import { toProtoPet } from "./pet.output.js";
import { petWarnings } from "./pet-batch.handlers.js";
import type { PetBatches } from "./pet-batch.service.js";
import { singleUpsert, upsertBatch } from "./pet-upsert.input.js";
import type { PetUpsertRules } from "./pet-upsert.service.js";

/** Handlers of `moego.admin.v1.PetUpsertService`. */
export function createPetUpsertHandlers(
  upserts: PetUpsertRules,
  batches: PetBatches,
): ServiceHandlers<typeof PetUpsertService> {
  const read = (companyId: string, ids: readonly string[], { principal, signal }: Context) =>
    findFitting(ids, (some) => batches.findWritten({ companyId, ids: some }, principal, signal));

  return {
    upsertPet: rpc(singleUpsert, async (upsert, context) => {
      const { companyId, items } = upsert;
      const [item] = items;
      if (item && !isRefused(item)) warnOfPhones(context, [], [vetNumber("pet.vet", item.value.item.pet.vet)]);
      const [result] = await upserts.store(upsert, context.principal, context.write);
      if (!result) throw new Error("an upsert has a result");
      if (isRefused(result)) throw result.refusal;
      const {
        found: [pet],
      } = await read(companyId, [result.id], context);
      return { outcome: toProtoOutcome(result.outcome), pet: toProtoPet(requireFound(pet, "Pet", result.id)) };
    }),

    batchUpsertPets: rpc(upsertBatch, async (batch, context) => {
      const results = await upserts.store(batch, context.principal, context.write);
      const pets = await returnedRecords(batch, results, (ids) => read(batch.companyId, ids, context));
      return {
        results: results.map((result, position) => {
          const item = batch.items[position];
          const warnings = item && !isRefused(item) && !isRefused(result) ? petWarnings(item.value.item) : [];
          const pet = recordOf(pets, result);
          return { ...toProtoResult(result, context.items), warnings, ...(pet ? { pet: toProtoPet(pet) } : {}) };
        }),
      };
    }),
  };
}
