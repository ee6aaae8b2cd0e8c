import { requireBusinessAccess } from "../../core/access.js";
import { type Batch, isRefused, refusalOf } from "../../core/batch.js";
import { type DomainError, invalidRequest, violation } from "../../core/errors.js";
import { externalIdKey } from "../../core/external-id.js";
import { phoneForms } from "../../core/phone/numbering-plan.js";
import type { CompanyAccess } from "../../core/principal.js";
import { foldCase } from "../../core/text.js";
import type { MatchKeys } from "../../core/upsert.js";
import type { UpsertItem } from "./customer-upsert.service.js";
import { contactKeys } from "./customer-upsert-keys.model.js";

/** Items that are refused before anything is read. */
export function earlyRefusals({ items }: Batch<UpsertItem>, access: CompanyAccess): ReadonlyMap<number, DomainError> {
  const refused = new Map<number, DomainError>();
  const seen = new Set<string>();
  const taken = (field: string, values: readonly string[]): DomainError | undefined => {
    const isRepeated = values.some((value) => seen.has(`${field} ${value}`));
    for (const value of values) seen.add(`${field} ${value}`);
    return isRepeated ? invalidRequest([repeated(field)]) : undefined;
  };
  for (const [position, item] of items.entries()) {
    if (isRefused(item)) {
      refused.set(position, item.refusal);
      continue;
    }
    const { keys, customer } = item.value;
    const refusal =
      refusalOf(() => requireBusinessAccess(access, [customer.preferredBusinessId])) ??
      taken("idempotency_key", item.claim ? [item.claim.key] : []) ??
      keyFields(keys).reduce<DomainError | undefined>(
        (found, [field, values]) => found ?? taken(field, values),
        undefined,
      );
    if (refusal) refused.set(position, refusal);
  }
  return refused;
}

function repeated(field: string) {
  return violation(field, "DUPLICATE_FIELD", "Must be unique in the request.");
}

function keyFields({ id, externalId, phone, email }: MatchKeys): readonly (readonly [string, readonly string[]])[] {
  return [
    ["match.id", id === undefined ? [] : [id]],
    ["match.external_id", externalId ? [externalIdKey(externalId)] : []],
    ["match.phone", phone === undefined ? [] : phoneForms(phone)],
    ["match.email", email === undefined ? [] : [foldCase(email)]],
  ];
}

/** Refuses items that mean the customer of an earlier item. */
export function createEarlierItems() {
  const ids = new Set<string>();
  const contacts = new Set<string>();
  const refusal = () =>
    invalidRequest([violation("match", "DUPLICATE_FIELD", "Must not match the customer of another item.")]);
  return {
    refuseFound: (id: string): DomainError | undefined => (ids.has(id) ? refusal() : undefined),
    refuseNew: (keys: MatchKeys): DomainError | undefined =>
      contactKeys(keys).some((key) => contacts.has(key)) ? refusal() : undefined,
    addFound(id: string): void {
      ids.add(id);
    },
    addNew({ customer: { phones, email, externalIds } }: UpsertItem): void {
      for (const { number } of phones) for (const form of phoneForms(number)) contacts.add(form);
      if (email !== "") contacts.add(foldCase(email));
      for (const id of externalIds) contacts.add(externalIdKey(id));
    },
  };
}
