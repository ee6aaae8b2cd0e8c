import { refusal } from "../cells/cell.js";
import type { Refusal } from "../reading/row.js";
import type { OwnerContact } from "../records/owner-record.js";
import type { EntryKeys } from "./entry-keys.js";
import type { EntryLog } from "./entry-log.js";
import type { ImportCalls } from "./import-calls.js";

interface OwnerSearch {
  readonly keys: EntryKeys;
  readonly log: Pick<EntryLog, "known">;
  readonly calls: Pick<ImportCalls, "findCustomers">;
  /** What the owner owns. */
  readonly noun: "pet" | "package";
}

/** Finds the id of a stored owner: imported under the same name, or found by id, phone number or email address. */
export function createOwnerSearch({ keys, log, calls, noun }: OwnerSearch) {
  return async ({ key, sourceId, phones, email }: OwnerContact): Promise<string | Refusal> => {
    if (key === "")
      return refusal(`The row does not say whose ${noun} it is.`, "Add the id or the phone number of the owner.");
    const [entry] = await log.known([{ kind: "customer", key: keys.keyOf("customer", key) }]);
    if (entry) return entry.recordId;
    const phone = phones[0]?.number;
    if (/^[A-Za-z0-9_.-]{1,30}$/.test(sourceId)) {
      const [byId] = await calls.findCustomers({ id: sourceId });
      if (byId !== undefined) return byId;
    }
    const [found, other] = phone === undefined ? [] : await calls.findCustomers({ phone });
    if (other !== undefined) return refusal("Several customers have this phone number.", "Add the id of the owner.");
    if (found !== undefined) return found;
    const [byEmail, another] = email === "" ? [] : await calls.findCustomers({ email });
    if (another !== undefined)
      return refusal("Several customers have this email address.", "Add the id or the phone number of the owner.");
    return byEmail ?? refusal("The company has no such owner.", "Import the owners first, with the same --name.");
  };
}
