import { alreadyExistsError, type DomainError, erasedError } from "../../core/errors.js";
import { externalIdKey, externalIdTaken } from "../../core/external-id.js";
import type { NestedRecordLookup } from "../../core/record-import.js";
import { distinctTags } from "../setting-lists/tag.model.js";
import type { MissingReferences, References } from "./customer.model.js";
import type { BatchFacts, BatchQuestions } from "./customer-batch.model.js";
import type { CustomerItem } from "./customer-batch.service.js";
import type { NewImportedCustomer } from "./customer-import.service.js";

/** What the items refer to, each once. */
export function questionsOf(items: readonly { readonly item: CustomerItem }[]): BatchQuestions {
  const customers = items.map(({ item }) => item.customer);
  const imports = items.filter(({ item }) => item.isImport).map(({ item }) => item);
  const notes = customers.flatMap((customer) => customer.notes);
  return {
    businessIds: each(customers.map(({ preferredBusinessId }) => preferredBusinessId)),
    referralSourceIds: each(customers.map(({ referralSourceId }) => referralSourceId)),
    staffIds: each(customers.map(({ assignedStaffId }) => assignedStaffId)),
    tags: distinctTags(customers.flatMap(({ tags }) => tags)).map(({ reference }) => reference),
    customerIds: each(items.map(({ item }) => item.id)),
    externalIds: customers.flatMap(({ externalIds }) => externalIds),
    authorIds: each([
      ...imports.flatMap(({ createdBy, lastUpdatedBy, customer }) => [
        ...[createdBy, lastUpdatedBy, customer.provenance?.recordedBy],
      ]),
      ...notes.map(({ lastUpdatedBy }) => lastUpdatedBy),
    ]),
    addressIds: each(customers.map(({ address }) => address?.id)),
    noteIds: each(notes.map(({ id }) => id)),
  };
}

function each(ids: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(ids.flatMap((id) => id ?? []))];
}

/** What imports look up, with the nested records that earlier items keep. */
export function lookupOf(now: Date, facts: BatchFacts) {
  const addressIds = new Set(facts.takenAddressIds);
  const noteIds = new Set(facts.takenNoteIds);
  const externalIds = new Set(facts.takenExternalIds.keys());
  const lookup: NestedRecordLookup = {
    now,
    missingStaff: async (ids) => new Set(ids.filter((id) => facts.strangers.has(id))),
    taken: async (kind, ids) => new Set(ids.filter((id) => (kind === "address" ? addressIds : noteIds).has(id))),
  };
  return {
    lookup,
    externalIdRefusal({ externalIds: ids }: Pick<NewImportedCustomer, "externalIds">): DomainError | undefined {
      return ids.some((id) => externalIds.has(externalIdKey(id))) ? externalIdTaken("Customer") : undefined;
    },
    keep({ address, notes, externalIds: ids }: Pick<NewImportedCustomer, "address" | "notes" | "externalIds">): void {
      for (const id of ids) externalIds.add(externalIdKey(id));
      if (address?.id !== undefined) addressIds.add(address.id);
      for (const { id } of notes) if (id !== undefined) noteIds.add(id);
    },
  };
}

/** The references of a customer that do not exist in the company or are archived. */
export function missingOf(customer: References, facts: BatchFacts): MissingReferences {
  const { preferredBusinessId, referralSourceId, assignedStaffId } = customer;
  const isMissing = (id: string | undefined, known: ReadonlySet<string>) => id !== undefined && !known.has(id);
  return [
    ...(isMissing(preferredBusinessId, facts.businesses) ? (["preferredBusinessId"] as const) : []),
    ...(isMissing(referralSourceId, facts.referralSources) ? (["referralSourceId"] as const) : []),
    ...(isMissing(assignedStaffId, facts.staff) ? (["assignedStaffId"] as const) : []),
  ];
}

export function idRefusal(id: string | undefined, { takenIds, erasedIds }: BatchFacts): DomainError | undefined {
  if (id === undefined) return undefined;
  if (takenIds.has(id)) return alreadyExistsError("Customer", "id");
  return erasedIds.has(id) ? erasedError("Customer", id) : undefined;
}
