import { z } from "zod";
import { setOrCleared } from "../../api/clear-flags.js";
import { named } from "../../api/company-resource.js";
import { color, id, line, list, text, withoutUndefined } from "../../api/fields.js";
import { fresh } from "../../api/new-resource.js";
import { nameRule, tagNameRule } from "../../core/text.js";
import { weight } from "../pets/pet.input.js";
import { maxOrderedEntries } from "./setting.model.js";

/** A whole list of a company. */
export const wholeList = z.object({ companyId: id, showArchived: z.boolean() });

export const newOrder = z.object({ companyId: id, ids: list(id, maxOrderedEntries) });

const name = text(nameRule);
const groupName = text({ min: 0, max: 64 });
const abbreviation = text({ min: 1, max: 64 });

export const newNamed = z.object({ ...fresh, name });
export const namedUpdate = z.object({ ...named.shape, name: name.optional() });

export const newTag = z.object({ ...fresh, name: text(tagNameRule), group: groupName });
export const tagUpdate = z.object({ ...named.shape, name: text(tagNameRule).optional(), group: groupName.optional() });
export const ofCompany = z.object({ companyId: id });
const fullGroupName = text({ min: 1, max: 64 });
export const groupChange = z.object({ companyId: id, group: fullGroupName, newGroup: fullGroupName });

export const newActionStatus = z.object({ ...fresh, name, color });
export const actionStatusUpdate = z.object({ ...named.shape, name: name.optional(), color: color.optional() });

export const newPetCode = z.object({ ...fresh, abbreviation, description: line, color });
export const petCodeUpdate = z.object({
  ...named.shape,
  abbreviation: abbreviation.optional(),
  description: line.optional(),
  color: color.optional(),
});

export const newPetSize = z.object({ ...fresh, name, weightLow: weight.optional(), weightHigh: weight.optional() });

/** A limit stays, is replaced or is taken away. */
export const petSizeUpdate = z
  .object({
    ...named.shape,
    name: name.optional(),
    weightLow: weight.optional(),
    clearWeightLow: z.boolean(),
    weightHigh: weight.optional(),
    clearWeightHigh: z.boolean(),
  })
  .refine(...setOrCleared("clearWeightLow", "weightLow"))
  .refine(...setOrCleared("clearWeightHigh", "weightHigh"));

/** What a change makes of an entry: what is absent stays. */
export function changing<Change extends object>(change: Change) {
  return <Entry extends object>(entry: Entry) => ({ ...entry, ...withoutUndefined(change) });
}
