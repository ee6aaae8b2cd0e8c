import type { Reachable } from "./contact-line.js";
import type { DomainError } from "./errors.js";
import { phoneForms } from "./phone/numbering-plan.js";
import { type DuplicateView, duplicateRecord, type RefusingDuplicate } from "./possible-duplicate.js";
import { foldCase } from "./text.js";

interface NewRecord {
  readonly position: number;
  /** The id that the record gets. */
  readonly newId: string;
}

interface DuplicateUnit {
  /** The records because of which each of the new ones is refused, if the company refuses duplicates. */
  refusing(records: readonly Reachable[], view: DuplicateView): Promise<readonly (readonly RefusingDuplicate[])[]>;
}

interface Refusing<Item> {
  readonly kind: RefusingDuplicate["kind"];
  readonly companyId: string;
  readonly refused: Map<number, DomainError>;
  contactsOf(item: Item): Reachable;
  /** Undefined if nothing refuses the item as a duplicate. Otherwise the same for all items. */
  viewOf(item: Item): DuplicateView | undefined;
}

/** The items that are no duplicates of stored records, or of earlier items, if the company refuses duplicates. */
export async function withoutDuplicates<Item extends NewRecord>(
  unit: DuplicateUnit,
  items: readonly Item[],
  { kind, companyId, refused, contactsOf, viewOf }: Refusing<Item>,
): Promise<readonly Item[]> {
  const asking = items.filter((item) => viewOf(item));
  const view = asking[0] && viewOf(asking[0]);
  if (!view) return items;
  const stored = await unit.refusing(asking.map(contactsOf), view);
  const refusing = new Map(asking.map(({ position }, index) => [position, stored[index] ?? []]));
  const earlier = new Map<string, string>();
  return items.filter((item) => {
    const found = refusing.get(item.position);
    const contacts = contactsOf(item);
    const duplicates = found && [...found, ...amongEarlier(contacts, earlier, kind)];
    if (duplicates && duplicates.length > 0) {
      refused.set(item.position, duplicateRecord(companyId, duplicates));
      return false;
    }
    for (const contact of namesOf(contacts)) earlier.set(contact, item.newId);
    return true;
  });
}

function amongEarlier(
  contacts: Reachable,
  earlier: ReadonlyMap<string, string>,
  kind: RefusingDuplicate["kind"],
): readonly RefusingDuplicate[] {
  const byPhone = numbersOf(contacts).map((number) => earlier.get(number));
  const byEmail = earlier.get(foldCase(contacts.email));
  return [...new Set([...byPhone, byEmail])].flatMap((id) => {
    if (id === undefined) return [];
    const matches = [
      ...(byPhone.includes(id) ? (["PHONE"] as const) : []),
      ...(byEmail === id ? (["EMAIL"] as const) : []),
    ];
    return [{ kind, id, matches }];
  });
}

function numbersOf({ phones }: Reachable): readonly string[] {
  return phones.flatMap(({ number }) => phoneForms(number));
}

function namesOf(contacts: Reachable): readonly string[] {
  return [...numbersOf(contacts), ...(contacts.email === "" ? [] : [foldCase(contacts.email)])];
}
