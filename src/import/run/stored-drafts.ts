import type { Draft } from "./draft.js";
import type { ImportCalls, Refusals } from "./import-calls.js";
import { inParallel } from "./in-parallel.js";
import { isStored, refusedBy } from "./outcome.js";

/** How a record is stored: in a batch of its kind, or by a call. */
export type Storing =
  | { readonly customer: ItemOf<"importCustomers"> }
  | { readonly pet: ItemOf<"importPets"> }
  | { readonly alone: () => Promise<unknown> };

type ItemOf<Call extends "importCustomers" | "importPets"> = Parameters<ImportCalls[Call]>[0][number];

/** Stores records that are not stored yet, and notes what became of each. */
export async function storeDrafts(drafts: readonly Draft[], calls: ImportCalls): Promise<void> {
  const storings = drafts.map((one) => ({ one, storing: one.storing(one.recordId) }));
  const batched = <Item>(itemOf: (storing: Storing) => Item | undefined) =>
    storings.flatMap(({ one, storing }) => {
      const item = itemOf(storing);
      return item === undefined ? [] : [{ one, item }];
    });
  await storeBatch(
    batched((storing) => ("customer" in storing ? storing.customer : undefined)),
    calls.importCustomers,
  );
  await storeBatch(
    batched((storing) => ("pet" in storing ? storing.pet : undefined)),
    calls.importPets,
  );
  await inParallel(storings, async ({ one, storing }) => {
    if (!("alone" in storing)) return;
    await storing.alone().then(
      () => settle(one),
      (error: unknown) => settle(one, error),
    );
  });
}

async function storeBatch<Item>(
  drafts: readonly { readonly one: Draft; readonly item: Item }[],
  send: (items: readonly Item[]) => Promise<Refusals>,
): Promise<void> {
  if (drafts.length === 0) return;
  const refusals = await send(drafts.map(({ item }) => item));
  for (const [position, { one }] of drafts.entries()) settle(one, refusals[position]);
}

function settle(one: Draft, error?: unknown): void {
  if (error === undefined) one.state = "created";
  // A run that was killed stored it, and did not come to say so.
  else if (isStored(error)) one.state = "stored";
  else [one.state, one.refused] = ["refused", refusedBy(error)];
}
