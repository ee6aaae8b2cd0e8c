import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { changeCustomer, customerMissing, nobody, readCustomer, seenCustomer, stampAfter } from "./change.js";
import { authorOf, command } from "./command.js";
import { isFull } from "./create-customer.js";
import { changeLead, leadMissing, promoted, seenLead } from "./lead-rules.js";
import { answer, invalid, notFound, quotaExceeded } from "./outcome.js";
import { pick, which } from "./samples.js";
import { customerView, inDisplayOrder, leadView, tagView } from "./views.js";
import { type Appointments, textOf } from "./world.js";

/** Decisions 9, "archive, restore": what is so already is answered as it is. */
export const archiveCustomer = archiving("ArchiveCustomer", true);
export const restoreCustomer = archiving("RestoreCustomer", false);
export const archiveLead = leadArchiving("ArchiveLead", true);
export const restoreLead = leadArchiving("RestoreLead", false);

function archiving(rpc: string, archived: boolean) {
  const { archiveCustomer: archive, restoreCustomer: restore } = CustomerAdminService.method;
  return command({
    rpc,
    input: fc.record({ at: which }),
    plan({ at }, world, { by }) {
      const id = pick(world.customers, at)?.id.value ?? nobody;
      const again = () => {
        const now = seenCustomer(world, id, by);
        return now ? answer({ customer: customerView(world, now) }) : notFound;
      };
      return {
        method: archived ? archive : restore,
        request: { companyId: world.companyId, id },
        check: () => customerMissing(world, id, by),
        run() {
          const before = seenCustomer(world, id, by);
          if (!before) return notFound;
          if (before.archived === archived) return again();
          if (!archived && isFull(world)) return quotaExceeded;
          const after = { ...before, ...stampAfter(before), archived, lastUpdatedBy: authorOf(by) };
          world.customers.splice(world.customers.indexOf(before), 1, after);
          return again();
        },
        again,
      };
    },
  });
}

function leadArchiving(rpc: string, archived: boolean) {
  const { archiveLead: archive, restoreLead: restore } = LeadAdminService.method;
  return command({
    rpc,
    input: fc.record({ at: which }),
    plan({ at }, world, { by }) {
      const id = pick(world.leads, at)?.id.value ?? nobody;
      const again = () => {
        const now = seenLead(world, id, by);
        return now ? answer({ lead: leadView(world, now) }) : notFound;
      };
      return {
        method: archived ? archive : restore,
        request: { companyId: world.companyId, id },
        check: () => leadMissing(world, id, by),
        run() {
          const before = seenLead(world, id, by);
          if (before?.customerId) return promoted;
          if (before && before.archived !== archived)
            changeLead(world, before, { archived, lastUpdatedBy: authorOf(by) });
          return again();
        },
        again,
      };
    },
  });
}

const appointments = fc.constantFrom("2020-04-01T10:00:00Z", "2031-04-01T10:00:00Z", "clear" as const, undefined);

/** The contract of UpdateCustomerAppointments: absent times are unchanged, and the same times change nothing. */
export const updateAppointments = command({
  rpc: "UpdateCustomerAppointments",
  input: fc.record({ at: which, last: appointments, next: appointments }),
  plan({ at, last, next }, world, { by }) {
    const id = pick(world.customers, at)?.id.value ?? nobody;
    const times = {
      ...(last && last !== "clear" ? { lastAppointmentDate: last } : {}),
      ...(next && next !== "clear" ? { nextAppointmentDate: next } : {}),
    };
    const written = [...(last ? ["lastAppointmentDate"] : []), ...(next ? ["nextAppointmentDate"] : [])];
    const isClearing = last === "clear" || next === "clear";
    const again = () => {
      const now = seenCustomer(world, id, by);
      return now ? answer({ customer: customerView(world, now) }) : notFound;
    };
    return {
      method: CustomerAdminService.method.updateCustomerAppointments,
      request: {
        ...{ companyId: world.companyId, id, ...times },
        ...(isClearing ? { updateMask: written.join(",") } : {}),
      },
      check: () =>
        written.length === 0
          ? invalid([{ field: "last_appointment_date", reason: "REQUIRED" }])
          : customerMissing(world, id, by),
      run() {
        const changed = changeCustomer(world, { id, by }, ({ appointments: before }) => {
          const kept = Object.entries(before).filter(([name]) => !written.includes(name));
          const after: Appointments = { ...Object.fromEntries(kept), ...times };
          return isDeepStrictEqual(after, before) ? undefined : { appointments: after };
        });
        return "refused" in changed ? changed.refused : again();
      },
      again,
    };
  },
});

/** A tag that the customer does not carry is passed over. */
export const removeTags = command({
  rpc: "RemoveCustomerTags",
  input: fc.record({ at: which, tagIds: fc.subarray(["tag_1", "tag_2", "tag_9", "tag_z"], { minLength: 1 }) }),
  plan({ at, tagIds }, world, { by }) {
    const id = pick(world.customers, at)?.id.value ?? nobody;
    const again = () => answer({ tags: inDisplayOrder(seenCustomer(world, id, by)?.tags ?? []).map(tagView) });
    return {
      method: CustomerAdminService.method.removeCustomerTags,
      request: { companyId: world.companyId, id, tagIds },
      check: () => customerMissing(world, id, by),
      run() {
        const changed = changeCustomer(world, { id, by }, ({ tags }) => {
          const rest = tags.filter((tag) => !tagIds.includes(textOf(tag.id)));
          return rest.length === tags.length ? undefined : { tags: rest };
        });
        return "refused" in changed ? changed.refused : again();
      },
      readBack: () => readCustomer(world, id),
      again,
    };
  },
});
