import { z } from "zod";
import { countryOf } from "../../api/country.js";
import { id, text } from "../../api/fields.js";
import { byChange, byCreation } from "../../api/page-order.js";
import { type PageTokens, pagination } from "../../api/page-token.js";
import { parse } from "../../api/parse.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import { noteRule } from "../../core/text.js";
import { CustomerService } from "../../gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { newNotes, tagReferences } from "./customer.input.js";
import { toProtoCustomer, toProtoNote, toProtoTag } from "./customer.output.js";
import type { Customers } from "./customer.service.js";
import { newCustomer } from "./customer-create.input.js";
import { customersQuery } from "./customer-list.input.js";
import type { CustomerNotes } from "./customer-notes.service.js";
import type { CustomerTags } from "./customer-tags.service.js";
import { customerMask, customerUpdate, toCustomerUpdate } from "./customer-update.input.js";

export interface CustomerHandlerDependencies {
  readonly customers: Customers;
  readonly notes: CustomerNotes;
  readonly tags: CustomerTags;
  readonly pageTokens: PageTokens;
}

const requests = CustomerService.method;

/** moego.business.customer.v1.CustomerService (document 001). */
export function createCustomerHandlers({
  customers,
  notes,
  tags,
  pageTokens,
}: CustomerHandlerDependencies): ServiceHandlers<typeof CustomerService> {
  return {
    async createCustomer(request, { caller, write }) {
      const schema = newCustomer(countryOf(caller, request.companyId));
      const input = parse(requests.createCustomer.input, request, schema);
      return toProtoCustomer(await customers.create(input, caller, write));
    },

    async getCustomer(request, { caller, signal }) {
      const input = parse(requests.getCustomer.input, request, byId);
      return toProtoCustomer(await customers.get(input.id, caller, signal));
    },

    async updateCustomer(request, { caller, write }) {
      const mask = customerMask(request);
      const schema = customerUpdate(countryOf(caller, request.companyId));
      const input = parse(requests.updateCustomer.input, request, schema, mask.violations);
      return toProtoCustomer(await customers.update(toCustomerUpdate(input, mask), caller, write));
    },

    async listCustomers(request, context) {
      const { caller, signal } = context;
      const schema = customersQuery(countryOf(caller, request.companyId));
      const { companyId, filter = {} } = parse(requests.listCustomers.input, request, schema);
      const page = pageTokens.open(request, context);
      const found = await customers.list({ companyId, filter, page }, caller, signal);
      const { rows, nextPageToken } = page.close(found, filter.lastUpdated ? byChange : byCreation);
      return { customers: rows.map(toProtoCustomer), nextPageToken };
    },

    async genCustomerCofLink(request, context) {
      const input = parse(requests.genCustomerCofLink.input, request, byId);
      context.setHeader("cache-control", "no-store");
      return { link: await customers.mintCardLink(input.id, context.caller, context.write) };
    },

    async appendCustomerNotes(request, { caller, write }) {
      const input = parse(requests.appendCustomerNotes.input, request, noteAppend);
      const added = await notes.append(input.id, input.notes, caller, write);
      return { notes: added.map(toProtoNote) };
    },

    async listCustomerNotes(request, context) {
      const input = parse(requests.listCustomerNotes.input, request, notesQuery);
      const page = pageTokens.open(request, context);
      const found = await notes.list(input.id, page, context.caller, context.signal);
      const { rows, nextPageToken } = page.close(found, byCreation);
      return { notes: rows.map(toProtoNote), nextPageToken };
    },

    async updateCustomerNote(request, { caller, write }) {
      const input = parse(requests.updateCustomerNote.input, request, noteUpdate);
      const { customerId, noteId, note } = input;
      return { note: toProtoNote(await notes.update({ customerId, noteId, text: note }, caller, write)) };
    },

    async deleteCustomerNote(request, { caller, write }) {
      const input = parse(requests.deleteCustomerNote.input, request, noteTarget);
      await notes.remove(input, caller, write);
      return {};
    },

    async appendCustomerTags(request, { caller, write }) {
      const input = parse(requests.appendCustomerTags.input, request, tagAppend);
      const added = await tags.append(input.id, input.tags, caller, write);
      return { tags: added.map(toProtoTag) };
    },

    async listCustomerTags(request, { caller, signal }) {
      const input = parse(requests.listCustomerTags.input, request, byId);
      const carried = await tags.list(input.id, caller, signal);
      return { tags: carried.map(toProtoTag) };
    },
  };
}

const byId = z.object({ id });
const noteAppend = z.object({ id, notes: newNotes });
const notesQuery = z.object({ id, pagination });
const tagAppend = z.object({ id, tags: tagReferences });
const noteTarget = z.object({ customerId: id, noteId: id });
const noteUpdate = noteTarget.extend({ note: text(noteRule) });
