import { refusal, wordsOf } from "../cells/cell.js";
import type { Refusal } from "../reading/row.js";
import type { OwnerContact } from "../records/owner-record.js";
import type { EntryKeys } from "./entry-keys.js";
import type { EntryLog } from "./entry-log.js";
import type { FoundCustomer, ImportCalls } from "./import-calls.js";

interface OwnerSearch {
  readonly keys: EntryKeys;
  readonly log: Pick<EntryLog, "known">;
  readonly calls: Pick<ImportCalls, "findCustomers">;
  /** What the owner owns. */
  readonly noun: "pet" | "package";
}

interface FoundOwner {
  readonly id: string;
  readonly remark?: string;
}

/**
 * Finds a stored owner: imported under the same name, or found by id, phone number or email address. Contact data can be of a
 * household, so the name of the row must fit; if the row has an id that nobody has, it must have a name.
 */
export function createOwnerSearch({ keys, log, calls, noun }: OwnerSearch) {
  return async (contact: OwnerContact): Promise<FoundOwner | Refusal> => {
    const { key, sourceId, phones, email } = contact;
    if (key === "")
      return refusal(`The row does not say whose ${noun} it is.`, "Add the id or the phone number of the owner.");
    const [entry] = await log.known([{ kind: "customer", key: keys.keyOf("customer", key) }]);
    if (entry) return { id: entry.recordId };
    const phone = phones[0]?.number;
    if (/^[A-Za-z0-9_.-]{1,30}$/.test(sourceId)) {
      const [byId] = await calls.findCustomers({ id: sourceId });
      if (byId) return byId;
    }
    const [found, other] = phone === undefined ? [] : await calls.findCustomers({ phone });
    if (other) return refusal("Several customers have this phone number.", "Add the id of the owner.");
    if (found) return confirmed(found, contact);
    const [byEmail, another] = email === "" ? [] : await calls.findCustomers({ email });
    if (another)
      return refusal("Several customers have this email address.", "Add the id or the phone number of the owner.");
    if (byEmail) return confirmed(byEmail, contact);
    return refusal("The company has no such owner.", "Import the owners first, with the same --name.");
  };
}

function confirmed(found: FoundCustomer, { sourceId, firstName, lastName }: OwnerContact): FoundOwner | Refusal {
  const [stated, stored] = [wordsOf(`${firstName} ${lastName}`), wordsOf(found.name)];
  if (stated.length > 0 && !isSameName(stated, stored)) return otherName;
  if (sourceId === "") return { id: found.id };
  return stated.length === 0 ? unknownId : { id: found.id, remark: byContact };
}

/** `Anna Lee` is `Lee, Anna M.`: each word of the shorter name is in the longer one. */
function isSameName(one: readonly string[], other: readonly string[]): boolean {
  const [short, long] = one.length <= other.length ? [one, other] : [other, one];
  return short.every((word) => long.includes(word));
}

const otherName = refusal(
  "The customer with this phone number or email address has another name.",
  "Correct the name or the contact data, or add the id of the owner.",
);

const unknownId = refusal(
  "No owner has this id, and no name confirms the one with the contact data of the row.",
  "Correct the id, or add the name of the owner.",
);

const byContact = "Owners with an unknown id are found by their contact data and name.";
