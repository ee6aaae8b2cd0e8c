import { z } from "zod";
import { presentPartsOf } from "../../api/field-mask.js";
import {
  color,
  companyResourceSchema,
  id,
  list,
  notSetAndCleared,
  omitUndefined,
  singleLineText,
  text,
} from "../../api/fields.js";
import { newResourceFields } from "../../api/import-fields.js";
import { pagination } from "../../api/page-token.js";
import type { Context, Parse } from "../../api/rpc.js";
import { nameRule, tagNameRule } from "../../core/text.js";
import type { UpdatePetSizeRequest } from "../../gen/proto/moego/admin/v1/pet_size_pb.js";
import { WeightSchema } from "../../gen/proto/moego/common/v1/weight_pb.js";
import { weight } from "../pets/pet.input.js";
import { maxOrderedEntries } from "./setting.model.js";

/** The list of a company, as a whole or in pages. */
export const settingListRequest = z.object({ companyId: id, showArchived: z.boolean(), pagination });

export const newOrder = z.object({ companyId: id, ids: list(id, maxOrderedEntries) });

const name = text(nameRule);
const groupName = text({ min: 0, max: 64 });
const abbreviation = text({ min: 1, max: 64 });

export const newNamed = z.object({ ...newResourceFields, name });
export const namedUpdate = z.object({ ...companyResourceSchema.shape, name: name.optional() });

export const newTag = z.object({ ...newResourceFields, name: text(tagNameRule), group: groupName });
export const tagUpdate = z.object({
  ...companyResourceSchema.shape,
  name: text(tagNameRule).optional(),
  group: groupName.optional(),
});
export const ofCompany = z.object({ companyId: id });
const fullGroupName = text({ min: 1, max: 64 });
export const groupChange = z.object({ companyId: id, group: fullGroupName, newGroup: fullGroupName });

export const newActionStatus = z.object({ ...newResourceFields, name, color });
export const actionStatusUpdate = z.object({
  ...companyResourceSchema.shape,
  name: name.optional(),
  color: color.optional(),
});

export const newPetCode = z.object({ ...newResourceFields, abbreviation, description: singleLineText, color });
export const petCodeUpdate = z.object({
  ...companyResourceSchema.shape,
  abbreviation: abbreviation.optional(),
  description: singleLineText.optional(),
  color: color.optional(),
});

export const newPetSize = z
  .object({ ...newResourceFields, name, weightLow: weight.optional(), weightHigh: weight.optional() })
  .transform(({ weightLow, weightHigh, ...size }) => ({ ...size, ...omitUndefined({ weightLow, weightHigh }) }));

/** A limit is unchanged, replaced or removed. */
const petSizeUpdate = z
  .object({
    ...companyResourceSchema.shape,
    name: name.optional(),
    weightLow: weight.optional(),
    clearWeightLow: z.boolean(),
    weightHigh: weight.optional(),
    clearWeightHigh: z.boolean(),
  })
  .refine(...notSetAndCleared("clearWeightLow", "weightLow"))
  .refine(...notSetAndCleared("clearWeightHigh", "weightHigh"));

/** Input of UpdatePetSize, with the parts that a JSON request has of each limit. */
export function petSizeInput(
  { weightLow, weightHigh }: UpdatePetSizeRequest,
  { emptyMembers }: Pick<Context, "emptyMembers">,
  parse: Parse,
) {
  const partsOfLow = presentPartsOf(WeightSchema, weightLow, "weight_low", emptyMembers);
  const partsOfHigh = presentPartsOf(WeightSchema, weightHigh, "weight_high", emptyMembers);
  return { ...parse(petSizeUpdate), partsOfLow, partsOfHigh };
}
