import { askedIds, toProtoResult } from "../../api/batch-fields.js";
import { recordOf, returnedRecords } from "../../api/batch-items.js";
import { findFitting } from "../../api/fitting-rows.js";
import { doubtfulNumbers } from "../../api/phone-fields.js";
import { type Context, rpc, type ServiceHandlers } from "../../api/rpc.js";
import { type BatchItem, type BatchResult, isRefused } from "../../core/batch.js";
import type { PetBatchService } from "../../gen/proto/moego/admin/v1/pet_batch_service_pb.js";
import { vetNumber } from "./pet.model.js";
import { toProtoPet } from "./pet.output.js";
import { newPetBatch } from "./pet-batch.input.js";
import type { PetItem } from "./pet-batch.model.js";
import type { PetBatches } from "./pet-batch.service.js";

/** Handlers of `moego.admin.v1.PetBatchService`. */
export function createPetBatchHandlers(batches: PetBatches): ServiceHandlers<typeof PetBatchService> {
  const read = (companyId: string, ids: readonly string[], { principal, signal }: Context) =>
    findFitting(ids, (some) => batches.find({ companyId, ids: some }, principal, signal));

  return {
    batchCreatePets: rpc(newPetBatch, async (batch, context) => {
      const results = await batches.create(batch, context.principal, context.write);
      const pets = await returnedRecords(batch, results, (ids) => read(batch.companyId, ids, context));
      return {
        results: results.map((result, position) => {
          const pet = recordOf(pets, result);
          return {
            ...{ ...toProtoResult(result, context.items), warnings: warningsOf(batch.items[position], result) },
            ...(pet ? { pet: toProtoPet(pet) } : {}),
          };
        }),
      };
    }),

    batchGetPets: rpc(askedIds, async ({ companyId, ids }, context) => {
      const { found, missingIds, leftIds } = await read(companyId, ids, context);
      return { pets: found.map(toProtoPet), notFoundIds: [...missingIds], remainingIds: [...leftIds] };
    }),
  };
}

function warningsOf(item: BatchItem<PetItem> | undefined, result: BatchResult): string[] {
  return !item || isRefused(item) || isRefused(result) ? [] : petWarnings(item.value);
}

/** What the header `moego-warning` says about a pet of an item alone. */
export function petWarnings({ pet }: PetItem): string[] {
  const paths = doubtfulNumbers([vetNumber("pet.vet", pet.vet)]);
  return paths.length === 0 ? [] : [`PHONE_NOT_VALID ${paths.join(" ")}`];
}
