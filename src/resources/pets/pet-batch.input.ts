import { z } from "zod";
import { itemKey } from "../../api/batch-fields.js";
import { type CreatedBatch, type ItemPlace, readBatch } from "../../api/batch-items.js";
import { memoizePerCountry, omitEmpty } from "../../api/fields.js";
import { importAuthors, importedId, importTimes, mismatchViolations } from "../../api/import-fields.js";
import { requiredViolations, tryParse } from "../../api/parse.js";
import type { Context, Parse } from "../../api/rpc.js";
import { invalidRequest } from "../../core/errors.js";
import {
  type BatchCreatePetsRequest,
  type PetBatchItem,
  PetBatchItemSchema,
} from "../../gen/proto/moego/admin/v1/pet_batch_service_pb.js";
import type { Pet } from "../../gen/proto/moego/business/customer/v1/pet_pb.js";
import { newPet } from "./pet.input.js";
import type { PetItem } from "./pet-batch.model.js";
import { importedPet, ownerViolations } from "./pet-import.input.js";
import type { PetOwner } from "./pet-import.model.js";

/** One that is not set is refused besides. */
export const petOwner = z
  .custom<PetBatchItem["owner"]>()
  .transform(
    ({ case: kind, value: named = "" }): PetOwner => ({ kind: kind === "leadId" ? "lead" : "customer", id: named }),
  );

const ownFields = {
  owner: petOwner,
  id: importedId,
  ...importTimes,
  ...importAuthors,
  idempotencyKey: itemKey,
};

/** An item that could also be the request of CreatePet. */
const createdItem = memoizePerCountry((country) =>
  z.object({ ...ownFields, pet: newPet(country) }).transform(({ owner, pet: { notes, ...pet } }): PetItem => {
    return { owner, pet: { ...pet, notes: notes.map((text) => ({ text })) }, isImport: false };
  }),
);

/** An item that could also be the request of ImportPet. */
const importedItem = memoizePerCountry((country) => itemOf(importedPet(country, { breed: true })));

/** An item of a file of another system, which may not know the breed. */
const sparseItem = memoizePerCountry((country) => itemOf(importedPet(country, { breed: false })));

function itemOf(schema: ReturnType<typeof importedPet>) {
  return z.object({ ...ownFields, pet: schema }).transform(
    ({ idempotencyKey: _, owner, id: stated, pet, ...facts }): PetItem => ({
      ...{ owner, pet: { ...pet, ...omitEmpty(facts) }, isImport: true },
      ...(stated === undefined ? {} : { id: stated }),
    }),
  );
}

/** Input of BatchCreatePets. */
export function newPetBatch(
  request: BatchCreatePetsRequest,
  context: Context,
  parse: Parse,
): Promise<CreatedBatch<PetItem>> {
  return readBatch(
    request,
    { context, parse },
    {
      schema: PetBatchItemSchema,
      read: (message, place) => readItem(message, place),
    },
  );
}

/** Input of `moego import`: all items are imports, and their breeds may be unknown. */
export function sparsePetBatch(
  request: BatchCreatePetsRequest,
  context: Context,
  parse: Parse,
): Promise<CreatedBatch<PetItem>> {
  const read = (message: PetBatchItem, place: ItemPlace) => readItem(message, place, sparseItem);
  return readBatch(request, { context, parse }, { schema: PetBatchItemSchema, read });
}

function readItem(message: PetBatchItem, { country }: ItemPlace, ofImport = importedItem) {
  const { pet } = message;
  const violations = [...ownerViolations(message), ...mismatchViolations("pet.id", message.id, pet?.id)];
  if (!pet) return { refusal: invalidRequest([...violations, ...requiredViolations(PetBatchItemSchema, message)]) };
  const isImport = hasImportedParts(message);
  const given = isImport ? { ...message, pet: withoutFacts(pet) } : message;
  return tryParse(PetBatchItemSchema, given, (isImport ? ofImport : createdItem)(country), violations);
}

/** Whether the item has what only an import can have. */
function hasImportedParts(item: PetBatchItem): boolean {
  const { id: stated, createdTime, createdBy, lastUpdatedTime, lastUpdatedBy, pet } = item;
  return (
    [stated, createdBy, lastUpdatedBy].some((text) => text !== "") ||
    [createdTime, lastUpdatedTime].some(Boolean) ||
    (pet?.notes ?? []).some((note) => note.id !== "" || note.lastUpdatedBy !== "" || note.lastUpdatedTime !== undefined)
  );
}

/** Without id, times and authors of the pet. Those of the item are used. */
function withoutFacts({ createdTime: _, lastUpdatedTime: __, ...pet }: Pet) {
  return { ...pet, id: "", createdBy: "", lastUpdatedBy: "" };
}
