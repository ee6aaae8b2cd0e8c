import { z } from "zod";
import { maxOrderedEntries } from "../../domain/settings/setting.js";
import { nameRule, tagNameRule } from "../../domain/text.js";
import { color, id, line, list, optionalGivenId, rule, text, withoutUndefined } from "../fields.js";
import { weight } from "../pets/pet-input.js";

/** A whole list of a company. */
export const wholeList = z.object({ companyId: id, showArchived: z.boolean() });

/** One entry of a list, or one resource of a company. */
export const named = z.object({ companyId: id, id });

export const newOrder = z.object({ companyId: id, ids: list(id, maxOrderedEntries) });

/** An id to keep for what is moved here from elsewhere; none = the server makes one. */
export const importedId = optionalGivenId.transform((value) => value || undefined);

/** Company and id of what is created. */
export const fresh = { companyId: id, id: importedId };
const existing = { companyId: id, id };

const name = text(nameRule);
const groupName = text({ min: 0, max: 64 });
const abbreviation = text({ min: 1, max: 64 });

export const newNamed = z.object({ ...fresh, name });
export const namedUpdate = z.object({ ...existing, name: name.optional() });

export const newTag = z.object({ ...fresh, name: text(tagNameRule), group: groupName });
export const tagUpdate = z.object({ ...existing, name: text(tagNameRule).optional(), group: groupName.optional() });
export const ofCompany = z.object({ companyId: id });
const fullGroupName = text({ min: 1, max: 64 });
export const groupChange = z.object({ companyId: id, group: fullGroupName, newGroup: fullGroupName });

export const newActionStatus = z.object({ ...fresh, name, color });
export const actionStatusUpdate = z.object({ ...existing, name: name.optional(), color: color.optional() });

export const newPetCode = z.object({ ...fresh, abbreviation, description: line, color });
export const petCodeUpdate = z.object({
  ...existing,
  abbreviation: abbreviation.optional(),
  description: line.optional(),
  color: color.optional(),
});

export const newPetSize = z.object({ ...fresh, name, weightLow: weight.optional(), weightHigh: weight.optional() });

/** A limit stays, is replaced or is taken away. */
export const petSizeUpdate = z
  .object({
    ...existing,
    name: name.optional(),
    weightLow: weight.optional(),
    clearWeightLow: z.boolean(),
    weightHigh: weight.optional(),
    clearWeightHigh: z.boolean(),
  })
  .refine(...setOrCleared("clearWeightLow", "weightLow"))
  .refine(...setOrCleared("clearWeightHigh", "weightHigh"));

/** A field is not both set and cleared. */
export function setOrCleared(clear: string, field: string) {
  return rule<{ readonly [member: string]: unknown }>((message) => !message[clear] || message[field] === undefined, {
    ...{ path: clear, reason: "CONFLICT", message: "Cannot be both set and cleared." },
  });
}

/** What a change makes of an entry: what is absent stays. */
export function changing<Change extends object>(change: Change) {
  return <Entry extends object>(entry: Entry) => ({ ...entry, ...withoutUndefined(change) });
}
