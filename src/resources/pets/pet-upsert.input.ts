import { z } from "zod";
import { batchFields, itemKey } from "../../api/batch-fields.js";
import { type CreatedBatch, type ItemPlace, readItems } from "../../api/batch-items.js";
import { countryOf, id, memoizePerCountry } from "../../api/fields.js";
import { mismatchViolations } from "../../api/import-fields.js";
import { tryParse } from "../../api/parse.js";
import type { Context, Parse } from "../../api/rpc.js";
import { allExternalIds, onMatch, recordMatch, refuseTooMany, toMatchKeys } from "../../api/upsert-fields.js";
import type { Batch } from "../../core/batch.js";
import { invalidRequest } from "../../core/errors.js";
import type { OnMatch } from "../../core/upsert.js";
import {
  type BatchUpsertPetsRequest,
  type PetUpsertItem as ItemMessage,
  PetUpsertItemSchema,
  type UpsertPetRequest,
} from "../../gen/proto/moego/admin/v1/pet_upsert_service_pb.js";
import { newPet } from "./pet.input.js";
import { petOwner } from "./pet-batch.input.js";
import { ownerViolations } from "./pet-import.input.js";
import type { PetUpsertItem } from "./pet-upsert.model.js";

/** A pet with its keys. What CreatePet demands is demanded even if the pet exists. */
const keyedPet = memoizePerCountry((country) =>
  z
    .object({ match: recordMatch, owner: petOwner, pet: newPet(country).optional() })
    .superRefine(({ match, pet }, context) => {
      if (pet) refuseTooMany({ noun: "pet", match, record: pet }, context);
    }),
);

function toItem({ match, owner, pet }: z.output<ReturnType<typeof keyedPet>>, message: Keyed): PetUpsertItem {
  // Unreachable: the pet is REQUIRED in the contract, so that a request without it was refused.
  if (!pet) throw invalidRequest([]);
  const keys = toMatchKeys(match);
  const notes = pet.notes.map((text) => ({ text }));
  return {
    keys,
    item: {
      ...{ owner, pet: { ...pet, notes, externalIds: allExternalIds(match, pet) }, isImport: false },
      ...(keys.id === undefined ? {} : { id: keys.id }),
    },
    statesStatus: message.pet !== undefined && message.pet.status !== 0,
  };
}

type Keyed = Pick<ItemMessage, "match" | "owner" | "pet">;

/** The id of the pet is the one of the match. A pet that the server is to name must not have one. */
function completed<Message extends Keyed>(message: Message) {
  const stated = message.match?.id ?? "";
  const { pet } = message;
  return {
    given: pet && stated !== "" ? { ...message, pet: { ...pet, id: "" } } : message,
    violations: [...ownerViolations(message), ...(stated === "" ? [] : mismatchViolations("pet.id", stated, pet?.id))],
  };
}

export interface PetUpsertBatch extends Batch<PetUpsertItem> {
  readonly onMatch: OnMatch;
}

/** Input of UpsertPet, as a batch of one. */
export function singleUpsert(request: UpsertPetRequest, { principal }: Context, parse: Parse): PetUpsertBatch {
  const schema = keyedPet(countryOf(principal, request.companyId)).and(z.object({ companyId: id, onMatch }));
  const { given, violations } = completed(request);
  const parsed = parse(schema, violations, given);
  const items = [{ value: toItem(parsed, request) }];
  return { companyId: parsed.companyId, mode: "EACH", onMatch: parsed.onMatch, items };
}

/** Input of BatchUpsertPets. */
export async function upsertBatch(
  request: BatchUpsertPetsRequest,
  context: Context,
  parse: Parse,
): Promise<PetUpsertBatch & CreatedBatch<PetUpsertItem>> {
  const fields = parse(batchFields<ItemMessage>().extend({ onMatch }));
  const reading = { schema: PetUpsertItemSchema, read: parseItem };
  return { ...(await readItems(request, { context, fields }, reading)), onMatch: fields.onMatch };
}

function parseItem(message: ItemMessage, { country }: ItemPlace) {
  const { given, violations } = completed(message);
  const schema = keyedPet(country).and(z.object({ idempotencyKey: itemKey }));
  const parsed = tryParse(PetUpsertItemSchema, given, schema, violations);
  return "refusal" in parsed ? parsed : { value: toItem(parsed.value, message) };
}
