import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { authorOf, type ReadBack, sees } from "./command.js";
import type { Who } from "./companies.js";
import { isSameConsent } from "./contact-parts.js";
import { archived, notFound, type Outcome } from "./outcome.js";
import { customerView } from "./views.js";
import { type Consent, type Contact, type Customer, newEtag, newTime, type Preference, type World } from "./world.js";

/** An id that never was. */
export const nobody = "nobody";

export function seenCustomer(world: World, id: string, by: Who): Customer | undefined {
  const found = world.customers.find((one) => one.id.value === id);
  return found && sees(by, found.businessId) ? found : undefined;
}

/** NOT_FOUND unless the key sees the customer. */
export function customerMissing(world: World, id: string, by: Who): Outcome | undefined {
  return seenCustomer(world, id, by) ? undefined : notFound;
}

/** The whole customer, after a call that shows a part of it. */
export function readCustomer(world: World, id: string): ReadBack {
  const customer = seenCustomer(world, id, "company");
  if (!customer) throw new Error("only what was changed is read back");
  return { method: CustomerService.method.getCustomer, request: { id }, message: customerView(world, customer) };
}

export type CustomerEdit = Partial<Omit<Customer, keyof Stamp | "lastUpdatedBy">>;
type Stamp = Pick<Contact, "id" | "lastUpdatedTime" | "etag" | "version">;

/** Changes a customer that is in use, unless there is nothing to change: new version, later time, and a consent event when permissions or preference differ. */
export function changeCustomer(
  world: World,
  target: { readonly id: string; readonly by: Who },
  edit: (before: Customer) => CustomerEdit | Outcome | undefined,
): { readonly refused: Outcome } | { readonly customer: Customer } {
  const before = seenCustomer(world, target.id, target.by);
  if (!before) return { refused: notFound };
  if (before.archived) return { refused: archived };
  const edited = edit(before);
  if (!edited) return { customer: before };
  if ("kind" in edited) return { refused: edited };
  const customer = { ...before, ...edited, ...stampAfter(before), lastUpdatedBy: authorOf(target.by) };
  world.customers.splice(world.customers.indexOf(before), 1, customer);
  countConsent(world, before, customer);
  return { customer };
}

/** What every write moves. */
export function stampAfter(before: Contact) {
  return {
    lastUpdatedTime: newTime(before.lastUpdatedTime),
    etag: newEtag(before.etag),
    version: before.version + 1,
  };
}

/** What the consent ledger records. Leads have no preference. */
interface Choice {
  readonly consent: Consent;
  readonly preference?: Preference;
}

export function countConsent(world: World, before: Choice, after: Choice): void {
  const isSame = isSameConsent(before.consent, after.consent);
  if (!isSame || String(before.preference) !== String(after.preference)) world.consentEvents += 1;
}
