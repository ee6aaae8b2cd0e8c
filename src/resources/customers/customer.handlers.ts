import { z } from "zod";
import { countryOf } from "../../api/country.js";
import { id, text } from "../../api/fields.js";
import { newNotes } from "../../api/note-fields.js";
import { createdCursorOf, createdOrUpdatedCursorOf } from "../../api/page-order.js";
import { type PageTokens, pagination } from "../../api/page-token.js";
import { paged } from "../../api/paged.js";
import { rpc, type ServiceHandlers } from "../../api/rpc.js";
import { noteRule } from "../../core/text.js";
import type { CustomerService } from "../../gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { toProtoTag } from "../setting-lists/tag.output.js";
import { customersQuery, newCustomer, tagReferences } from "./customer.input.js";
import { toProtoCustomer, toProtoNote } from "./customer.output.js";
import type { Customers } from "./customer.service.js";
import type { CustomerNotes } from "./customer-notes.service.js";
import type { CustomerTags } from "./customer-tags.service.js";
import { customerMask, customerUpdate, toCustomerUpdate } from "./customer-update.input.js";

export interface CustomerHandlerDependencies {
  readonly customers: Customers;
  readonly notes: CustomerNotes;
  readonly tags: CustomerTags;
  readonly pageTokens: PageTokens;
}

/** moego.business.customer.v1.CustomerService */
export function createCustomerHandlers({
  customers,
  notes,
  tags,
  pageTokens,
}: CustomerHandlerDependencies): ServiceHandlers<typeof CustomerService> {
  return {
    createCustomer: rpc(
      ({ companyId }, { principal }, parse) => parse(newCustomer(countryOf(principal, companyId))),
      async (input, { principal, write }) => toProtoCustomer(await customers.create(input, principal, write)),
    ),

    getCustomer: rpc(byId, async (input, { principal, signal }) =>
      toProtoCustomer(await customers.get(input.id, principal, signal)),
    ),

    updateCustomer: rpc(
      (request, { principal }, parse) => {
        const mask = customerMask(request);
        return toCustomerUpdate(parse(customerUpdate(countryOf(principal, request.companyId)), mask.violations), mask);
      },
      async (input, { principal, write }) => toProtoCustomer(await customers.update(input, principal, write)),
    ),

    listCustomers: paged(
      pageTokens,
      ({ companyId }, { principal }, parse) => parse(customersQuery(countryOf(principal, companyId))),
      {
        find: ({ companyId, filter = {} }, page, { principal, signal }) =>
          customers.list({ companyId, filter, page }, principal, signal),
        order: createdOrUpdatedCursorOf,
        respond: (rows, nextPageToken) => ({ customers: rows.map(toProtoCustomer), nextPageToken }),
      },
    ),

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
