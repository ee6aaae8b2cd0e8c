import { externalIdKey } from "../../core/external-id.js";
import { phoneForms } from "../../core/phone/numbering-plan.js";
import { foldCase } from "../../core/text.js";
import type { MatchKeys } from "../../core/upsert.js";

/** The keys of which only one upsert at a time can make a customer. */
export function contactKeys({ id, externalId, phone, email }: MatchKeys): readonly string[] {
  return [
    ...(id === undefined ? [] : [id]),
    ...(externalId ? [externalIdKey(externalId)] : []),
    ...(phone === undefined ? [] : phoneForms(phone)),
    ...(email === undefined ? [] : [foldCase(email)]),
  ];
}
