import { z } from "zod";
import { toListed } from "../../api/departure-message.js";
import { companyResourceSchema, countryOf, id, list, text } from "../../api/fields.js";
import { mismatchViolations } from "../../api/import-fields.js";
import { newNotes } from "../../api/note-fields.js";
import { type PageTokens, pagination } from "../../api/page-token.js";
import { createdCursorOf, paged } from "../../api/paged.js";
import { warnOfPhones, warnOfUpdate } from "../../api/phone-fields.js";
import { archiving, inCountry, rpc, rpcWithStored, type ServiceHandlers } from "../../api/rpc.js";
import { personCursorOf } from "../../api/search-fields.js";
import { recordsAmong } from "../../core/departure.js";
import { type KeyUseLog, readOfPage } from "../../core/key-use.js";
import { noteRule } from "../../core/text.js";
import type { CustomerAdminService } from "../../gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import type { CustomerService } from "../../gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { toProtoTag } from "../setting-lists/setting.output.js";
import { maxTagsPerCustomer } from "../setting-lists/tag.model.js";
import {
  customerImport,
  customersQuery,
  newCustomer,
  statedPreference,
  tagReferences,
  withCompany,
  withPreference,
} from "./customer.input.js";
import { toProtoCreated, toProtoCustomer, toProtoNote } from "./customer.output.js";
import type { CustomerNotes, Customers, CustomerTags } from "./customer.service.js";
import type { CustomerAdmin } from "./customer-admin.service.js";
import { appointmentsMask, appointmentsUpdate, toAppointmentsUpdate } from "./customer-appointments.input.js";
import { customerMask, customerUpdate, judgeCustomerUpdate, toCustomerUpdate } from "./customer-update.input.js";

interface CustomerHandlerDependencies {
  readonly customers: Customers;
  readonly notes: CustomerNotes;
  readonly tags: CustomerTags;
  readonly pageTokens: PageTokens;
  readonly keyUse: KeyUseLog;
}

/** moego.business.customer.v1.CustomerService */
export function createCustomerHandlers({
  customers,
  notes,
  tags,
  pageTokens,
  keyUse,
}: CustomerHandlerDependencies): ServiceHandlers<typeof CustomerService> {
  return {
    createCustomer: rpc(
      (request, { principal, emptyMembers }, parse) => {
        const input = parse(newCustomer(countryOf(principal, request.companyId)));
        return withPreference(input, statedPreference(request.preference, "preference", emptyMembers));
      },
      async (input, context) => {
        warnOfPhones(context, input.phones);
        return toProtoCreated(await customers.create(input, context.principal, context.write));
      },
    ),

    getCustomer: rpc(byId, async (input, { principal, signal }) =>
      toProtoCustomer(await customers.get(input.id, principal, signal)),
    ),

    updateCustomer: rpcWithStored(
      (request, { principal, emptyMembers }, parse) => {
        const mask = customerMask(request, emptyMembers);
        return toCustomerUpdate(parse(customerUpdate(countryOf(principal, request.companyId)), mask.violations), mask);
      },
      {
        judge: judgeCustomerUpdate,
        read: ({ id: customerId }, { principal, signal }) => customers.get(customerId, principal, signal),
      },
      async (input, context) => {
        warnOfUpdate(context, input.phones);
        return toProtoCustomer(await customers.update(input, context.principal, context.write));
      },
    ),

    listCustomers: paged(pageTokens, inCountry(customersQuery), {
      find: ({ companyId, filter = {}, orderBy: order }, page, { principal, signal }) =>
        customers.list({ companyId, filter, order, page }, principal, signal),
      order: personCursorOf,
      seen: (rows, { companyId }, { write }) =>
        keyUse.record(write, readOfPage(companyId, "customer", recordsAmong(rows))),
      respond: (rows, nextPageToken) => ({ customers: rows.map(toListed(toProtoCustomer)), nextPageToken }),
    }),

    genCustomerCofLink: rpc(byId, async (input, { principal, write, setHeader }) => {
      setHeader("cache-control", "no-store");
      return { link: await customers.mintCardLink(input.id, principal, write) };
    }),

    appendCustomerNotes: rpc(noteAppend, async (input, { principal, write }) => {
      const added = await notes.append(input.id, input.notes, principal, write);
      return { notes: added.map(toProtoNote) };
    }),

    listCustomerNotes: paged(pageTokens, notesQuery, {
      find: (input, page, { principal, signal }) => notes.list(input.id, page, principal, signal),
      order: createdCursorOf,
      respond: (rows, nextPageToken) => ({ notes: rows.map(toProtoNote), nextPageToken }),
    }),

    updateCustomerNote: rpc(noteUpdate, async (input, { principal, write }) => {
      const { customerId, noteId, note } = input;
      return { note: toProtoNote(await notes.update({ customerId, noteId, text: note }, principal, write)) };
    }),

    deleteCustomerNote: rpc(noteTarget, async (input, { principal, write }) => {
      await notes.remove(input, principal, write);
      return {};
    }),

    appendCustomerTags: rpc(tagAppend, async (input, { principal, write }) => {
      const added = await tags.append(input.id, input.tags, principal, write);
      return { tags: added.map(toProtoTag) };
    }),

    listCustomerTags: rpc(byId, async (input, { principal, signal }) => {
      const carried = await tags.list(input.id, principal, signal);
      return { tags: carried.map(toProtoTag) };
    }),
  };
}

const byId = z.object({ id });
const noteAppend = z.object({ id, notes: newNotes });
const notesQuery = z.object({ id, pagination });
const tagAppend = z.object({ id, tags: tagReferences });
const noteTarget = z.object({ customerId: id, noteId: id });
const noteUpdate = noteTarget.extend({ note: text(noteRule) });

/** Handlers of `moego.admin.v1.CustomerAdminService`. */
export function createCustomerAdminHandlers(admin: CustomerAdmin): ServiceHandlers<typeof CustomerAdminService> {
  const { archive, restore } = archiving(admin, (customer) => ({ customer: toProtoCustomer(customer) }));
  return {
    archiveCustomer: archive,
    restoreCustomer: restore,

    eraseCustomer: rpc(companyResourceSchema, async (input, { principal, write }) => {
      await admin.erase(input, principal, write);
      return {};
    }),

    importCustomer: rpc(
      (request, { principal, emptyMembers }, parse) => {
        const schema = customerImport(countryOf(principal, request.companyId));
        const mismatch = mismatchViolations("customer.company_id", request.companyId, request.customer?.companyId);
        const { customer, ...input } = parse(schema, mismatch, withCompany(request));
        const stated = statedPreference(request.customer?.preference, "customer.preference", emptyMembers);
        return { ...input, customer: withPreference(customer, stated) };
      },
      async (input, context) => {
        warnOfPhones(context, input.customer.phones);
        return { customer: toProtoCreated(await admin.import(input, context.principal, context.write)) };
      },
    ),

    updateCustomerAppointments: rpc(
      (request, { emptyMembers }, parse) => {
        const mask = appointmentsMask(request, emptyMembers);
        return toAppointmentsUpdate(parse(appointmentsUpdate, mask.violations), mask);
      },
      async (input, { principal, write }) => ({
        customer: toProtoCustomer(await admin.updateAppointments(input, principal, write)),
      }),
    ),

    removeCustomerTags: rpc(tagRemoval, async (input, { principal, write }) => {
      return { tags: (await admin.removeTags(input, principal, write)).map(toProtoTag) };
    }),
  };
}

const tagRemoval = companyResourceSchema.extend({ tagIds: list(id, maxTagsPerCustomer) });
