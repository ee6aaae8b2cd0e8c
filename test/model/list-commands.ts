import type { JsonObject } from "@bufbuild/protobuf";
import fc from "fast-check";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { customerMissing, nobody, seenCustomer } from "./change.js";
import { command, sees } from "./command.js";
import type { Who } from "./companies.js";
import { answer, refusal } from "./outcome.js";
import { maybe, pick, which } from "./samples.js";
import { inDisplayOrder, leadView, listedCustomerView, newestFirst, noteView, tagView } from "./views.js";
import { type Contact, textOf } from "./world.js";

const contactFilter = {
  email: maybe(fc.constantFrom("ADA@example.com", "grace@example.com", "nobody@example.com", "")),
  phone: maybe(fc.constantFrom("+12125550101", "(212) 555-0102", "+12125550199")),
  businessId: maybe(fc.constantFrom("biz_1", "biz_2", "biz_z")),
  sourceIds: maybe(fc.subarray(["ref_1", "ref_2", "ref_z"])),
  /** Created no earlier than the one that stands here. */
  since: maybe(which, 4),
};

/** Rows of a page, mostly fewer than there are; 0 asks for 50. */
const sizes = fc.constantFrom(0, 1, 1, 2);

type ContactFilter = {
  readonly email: string | undefined;
  readonly phone: string | undefined;
  readonly businessId: string | undefined;
  readonly sourceIds: readonly string[] | undefined;
};

const normalised: Readonly<Record<string, string>> = { "(212) 555-0102": "+12125550102" };

function sentFilter({ email, phone, businessId, sourceIds }: ContactFilter, since: string | undefined): JsonObject {
  return {
    ...(email === undefined ? {} : { email }),
    ...(phone === undefined ? {} : { mainPhoneNumber: phone }),
    ...(businessId === undefined ? {} : { preferredBusinessIds: [businessId] }),
    ...(sourceIds === undefined ? {} : { referralSourceIds: [...sourceIds] }),
    ...(since === undefined ? {} : { createdTime: { startTime: since } }),
  };
}

function matches(
  { email = "", phone = "", businessId = "", sourceIds = [] }: ContactFilter,
  since: string | undefined,
) {
  return (one: Contact) =>
    (email === "" || one.email.toLowerCase() === email.toLowerCase()) &&
    (phone === "" || one.phones.some(({ number }) => number === (normalised[phone] ?? phone))) &&
    (businessId === "" || one.businessId === businessId) &&
    (sourceIds.length === 0 || sourceIds.includes(one.sourceId)) &&
    (since === undefined || Date.parse(one.createdTime.value) >= Date.parse(since));
}

/** Decisions 5: every row once, newest first, in pages of the size asked for. */
export const listCustomers = command({
  rpc: "ListCustomers",
  input: fc.record({ ...contactFilter, tagIds: maybe(fc.subarray(["tag_1", "tag_2", "tag_z"])), size: sizes }),
  plan(given, world, { by }) {
    const since = given.since === undefined ? undefined : pick(world.customers, given.since)?.createdTime.value;
    const { tagIds = [] } = given;
    const rows = world.customers
      .filter((one) => !one.archived && sees(by, one.businessId))
      .filter(matches(given, since))
      .filter((one) => tagIds.length === 0 || one.tags.some((tag) => tagIds.includes(textOf(tag.id))))
      .toSorted(newestFirst)
      .map((one) => listedCustomerView(world, one));
    const filter = { ...sentFilter(given, since), tagIds };
    return {
      method: CustomerService.method.listCustomers,
      request: { companyId: world.companyId, filter, pagination: { pageSize: given.size } },
      check: () => locationRefusal(by, given.businessId),
      run: () => ({ kind: "pages", pages: { member: "customers", rows, size: given.size } }),
    };
  },
});

export const listLeads = command({
  rpc: "ListLeads",
  input: fc.record({ ...contactFilter, stageId: maybe(fc.constantFrom("lc_1", "lc_2", "lc_z")), size: sizes }),
  plan(given, world, { by }) {
    const since = given.since === undefined ? undefined : pick(world.leads, given.since)?.createdTime.value;
    const rows = world.leads
      .filter((one) => !one.archived && !one.customerId && sees(by, one.businessId))
      .filter(matches(given, since))
      .filter((one) => given.stageId === undefined || one.stageId === given.stageId)
      .toSorted(newestFirst)
      .map((one) => leadView(world, one));
    const filter = {
      ...sentFilter(given, since),
      ...(given.stageId === undefined ? {} : { lifeCycleId: given.stageId }),
    };
    return {
      method: LeadService.method.listLeads,
      request: { companyId: world.companyId, filter, pagination: { pageSize: given.size } },
      check: () => locationRefusal(by, given.businessId),
      run: () => ({ kind: "pages", pages: { member: "leads", rows, size: given.size } }),
    };
  },
});

/** Decisions 2: a location outside the key is refused, here too. */
function locationRefusal(by: Who, businessId: string | undefined) {
  const isOutside = businessId !== undefined && !sees(by, businessId);
  return isOutside ? refusal("PERMISSION_DENIED", "BUSINESS_NOT_ALLOWED") : undefined;
}

/** Newest first; of the notes of one call the last one. */
export const listNotes = command({
  rpc: "ListCustomerNotes",
  input: fc.record({ at: which, size: sizes }),
  plan({ at, size }, world, { by }) {
    const id = pick(world.customers, at)?.id.value ?? nobody;
    return {
      method: CustomerService.method.listCustomerNotes,
      request: { id, pagination: { pageSize: size } },
      check: () => customerMissing(world, id, by),
      run() {
        const notes = seenCustomer(world, id, by)?.notes ?? [];
        return { kind: "pages", pages: { member: "notes", rows: notes.toReversed().map(noteView), size } };
      },
    };
  },
});

export const listTags = command({
  rpc: "ListCustomerTags",
  input: fc.record({ at: which }),
  plan({ at }, world, { by }) {
    const id = pick(world.customers, at)?.id.value ?? nobody;
    return {
      method: CustomerService.method.listCustomerTags,
      request: { id },
      check: () => customerMissing(world, id, by),
      run: () => answer({ tags: inDisplayOrder(seenCustomer(world, id, by)?.tags ?? []).map(tagView) }),
    };
  },
});
