import type { ImportEntries } from "../../core/import-entry.js";
import type { Draft } from "./draft.js";
import type { ImportCalls, Refusals } from "./import-calls.js";
import { isStored, refusedBy } from "./outcome.js";

/** A record as an item of the batch of its kind. */
export type Storing =
  | { readonly customer: ItemOf<"importCustomers"> }
  | { readonly lead: ItemOf<"importLeads"> }
  | { readonly pet: ItemOf<"importPets"> }
  | { readonly package: ItemOf<"importPackages"> };

type ItemOf<Call extends "importCustomers" | "importLeads" | "importPets" | "importPackages"> = Parameters<
  ImportCalls[Call]
>[0][number];

interface Stores {
  readonly calls: ImportCalls;
  /** Of the import, for the entries of the records. */
  readonly jobId: string;
}

/** Stores records that are not stored yet, and notes what became of each. */
export async function storeDrafts(drafts: readonly Draft[], { calls, jobId }: Stores): Promise<void> {
  const storings = drafts.map((one) => ({ one, storing: one.storing(one.recordId) }));
  const batched = <Item>(itemOf: (storing: Storing) => Item | undefined) =>
    storings.flatMap(({ one, storing }) => {
      const item = itemOf(storing);
      return item === undefined ? [] : [{ one, item }];
    });
  await storeBatch(
    batched((storing) => ("customer" in storing ? storing.customer : undefined)),
    calls.importCustomers,
    jobId,
  );
  await storeBatch(
    batched((storing) => ("lead" in storing ? storing.lead : undefined)),
    calls.importLeads,
    jobId,
  );
  await storeBatch(
    batched((storing) => ("pet" in storing ? storing.pet : undefined)),
    calls.importPets,
    jobId,
  );
  await storeBatch(
    batched((storing) => ("package" in storing ? storing.package : undefined)),
    calls.importPackages,
    jobId,
  );
}

async function storeBatch<Item>(
  drafts: readonly { readonly one: Draft; readonly item: Item }[],
  send: (items: readonly Item[], imported: ImportEntries) => Promise<Refusals>,
  jobId: string,
): Promise<void> {
  if (drafts.length === 0) return;
  const entries = drafts.map(({ one: { key, contentHash, row } }) => ({ key, contentHash, row }));
  const refusals = await send(
    drafts.map(({ item }) => item),
    { jobId, entries },
  );
  for (const [position, { one }] of drafts.entries()) settle(one, refusals[position]);
}

function settle(one: Draft, error?: unknown): void {
  if (error === undefined) one.state = "created";
  // An earlier run stored it, and its entry does not say so.
  else if (isStored(error)) one.state = "stored";
  else [one.state, one.refused] = ["refused", refusedBy(error)];
}
