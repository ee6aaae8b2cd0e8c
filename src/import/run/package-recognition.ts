import type { StoredPurchase } from "../../resources/import-jobs/import-job.model.js";
import { refusal } from "../cells/cell.js";
import type { Draft } from "./draft.js";
import type { EntryLog } from "./entry-log.js";
import { repeatedId } from "./package-purchase.js";

/**
 * Recognizes packages that earlier runs sold, so that no change of the file sells one again: another way to name its owner,
 * an id that it did not have, or a merge of its owner.
 */
export function createPackageRecognition(
  log: Pick<EntryLog, "versions" | "purchases" | "plan" | "record">,
  { isDryRun }: { readonly isDryRun: boolean },
) {
  /** Ids of stored packages that a row of this run is. */
  const claimed = new Set<string>();

  /** Packages that have an entry: whether they are still what it says. */
  async function checkKnown(drafts: readonly Draft[]): Promise<void> {
    const customers = await customersOf(drafts);
    for (const one of drafts) {
      const customerId = customers.get(one.recordId);
      claimed.add(one.recordId);
      if (customerId === undefined) one.remark = deletedSince;
      else if (customerId !== one.purchase?.customerId) refuse(one, ofOtherOwner);
    }
  }

  /** The packages that were found without an entry of their own. */
  async function findOthers(drafts: readonly Draft[]): Promise<readonly Draft[]> {
    if (drafts.length === 0) return [];
    const others: Draft[] = [];
    const asked = drafts.flatMap(({ purchase }) => purchase ?? []);
    const found = await log.purchases(asked);
    for (const [place, one] of drafts.entries()) {
      const same = twinOf(
        one,
        found.filter(({ position }) => position === place),
      );
      if (same) {
        claimed.add(same.recordId);
        [one.recordId, one.state, one.remark] = [same.recordId, "stored", storedBefore];
        others.push(one);
      } else if (one.purchase?.isRepeated) refuse(one, samePackage);
    }
    return others;
  }

  /** A package with an id is only one that was imported without: another id is another package. */
  function twinOf({ key, purchase }: Draft, stored: readonly StoredPurchase[]): StoredPurchase | undefined {
    const free = stored.filter(({ recordId }) => !claimed.has(recordId));
    const without = free.find((one) => one.key === (purchase?.keyWithoutId ?? key));
    return without ?? (purchase?.keyWithoutId === undefined ? free[0] : undefined);
  }

  async function customersOf(drafts: readonly Draft[]): Promise<ReadonlyMap<string, string>> {
    const ids = drafts.map(({ recordId }) => recordId);
    return new Map((await log.versions("package", ids)).map(({ id, ownerId }) => [id, ownerId]));
  }

  return {
    /**
     * Packages of a list of rows, before those are stored that are in no earlier run. The next run finds them by what the rows
     * say now; the undo of this one leaves them, because it has not sold them.
     */
    async recognize(drafts: readonly Draft[]): Promise<void> {
      for (const one of drafts) if (one.state === "repeated") refuse(one, repeatedId);
      await checkKnown(drafts.filter(({ state }) => state === "stored" || state === "changed"));
      const others = await findOthers(drafts.filter(({ state }) => state === "create"));
      if (isDryRun || others.length === 0) return;
      await log.plan(others);
      await log.record(others.map(({ kind, key }) => ({ kind, key, state: "LEFT" })));
    },

    /** Of packages that could not be stored because their ids are taken: whether it is this customer who has them. */
    async check(drafts: readonly Draft[]): Promise<void> {
      for (const one of drafts) if (one.state === "created") claimed.add(one.recordId);
      const taken = drafts.filter(({ state }) => state === "stored");
      if (taken.length === 0) return;
      const customers = await customersOf(taken);
      for (const one of taken) {
        const customerId = customers.get(one.recordId);
        if (customerId === undefined) refuse(one, deleted);
        else if (customerId !== one.purchase?.customerId) refuse(one, ofOtherOwner);
      }
    },
  };
}

function refuse(one: Draft, { reason, remedy }: ReturnType<typeof refusal>): void {
  [one.state, one.refused] = ["refused", [{ field: "package.id", reason, remedy }]];
}

const samePackage = refusal(
  "An earlier row has the same package, customer and day of purchase.",
  "Remove the row, or add a column Package ID with another id in each row.",
);

const ofOtherOwner = refusal(
  "An earlier run imported this package for another owner, who has it now.",
  "Correct the id of the package or the owner.",
);

const deleted = refusal(
  "An earlier run imported this package, and it was deleted since.",
  "Restore it. If an undo was killed, run it again, and then the import.",
);

const deletedSince = "Packages that an earlier run imported were deleted since. They are not sold again.";
const storedBefore =
  "Packages of an earlier import with the same owner, template and day are taken for those of the file.";
