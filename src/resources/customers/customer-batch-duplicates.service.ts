import type { DomainError } from "../../core/errors.js";
import { phoneForms } from "../../core/phone/numbering-plan.js";
import { type DuplicateView, duplicateRecord, type RefusingDuplicate } from "../../core/possible-duplicate.js";
import { foldCase } from "../../core/text.js";
import type { CustomerBatchUnit } from "./customer-batch.model.js";
import type { CustomerItem } from "./customer-batch.service.js";

interface NewItem {
  readonly position: number;
  readonly item: CustomerItem;
  /** The id that the customer gets. */
  readonly newId: string;
}

interface Refusing {
  readonly companyId: string;
  readonly refused: Map<number, DomainError>;
  viewOf(item: CustomerItem): DuplicateView;
}

/**
 * The items that are no duplicates of stored customers, or of earlier items, if the company refuses duplicates. Imports
 * are never refused.
 */
export async function withoutDuplicates<Item extends NewItem>(
  unit: CustomerBatchUnit,
  items: readonly Item[],
  { companyId, refused, viewOf }: Refusing,
): Promise<readonly Item[]> {
  const asking = items.filter(({ item }) => refuses(item, viewOf(item)));
  const [first] = asking;
  if (!first) return items;
  const stored = await unit.refusing(
    asking.map(({ item }) => item.customer),
    viewOf(first.item),
  );
  const refusing = new Map(asking.map(({ position }, index) => [position, stored[index] ?? []]));
  const earlier = new Map<string, string>();
  return items.filter(({ position, item: { customer }, newId: id }) => {
    const found = refusing.get(position);
    const duplicates = found && [...found, ...amongEarlier(customer, earlier)];
    if (duplicates && duplicates.length > 0) {
      refused.set(position, duplicateRecord(companyId, duplicates));
      return false;
    }
    for (const contact of contactsOf(customer)) earlier.set(contact, id);
    return true;
  });
}

function refuses({ isImport }: CustomerItem, view: DuplicateView): boolean {
  return !isImport && view.refuses && view.customers;
}

type Contacts = Pick<CustomerItem["customer"], "phones" | "email">;

function amongEarlier(customer: Contacts, earlier: ReadonlyMap<string, string>): readonly RefusingDuplicate[] {
  const byPhone = phonesOf(customer).map((number) => earlier.get(number));
  const byEmail = earlier.get(foldCase(customer.email));
  return [...new Set([...byPhone, byEmail])].flatMap((id) => {
    if (id === undefined) return [];
    const matches = [
      ...(byPhone.includes(id) ? (["PHONE"] as const) : []),
      ...(byEmail === id ? (["EMAIL"] as const) : []),
    ];
    return [{ kind: "CUSTOMER" as const, id, matches }];
  });
}

function phonesOf({ phones }: Contacts): readonly string[] {
  return phones.flatMap(({ number }) => phoneForms(number));
}

function contactsOf(customer: Contacts): readonly string[] {
  return [...phonesOf(customer), ...(customer.email === "" ? [] : [foldCase(customer.email)])];
}
