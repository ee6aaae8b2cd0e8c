import { z } from "zod";
import { countryOf } from "../../api/country.js";
import { id, text } from "../../api/fields.js";
import { newNotes } from "../../api/note-fields.js";
import { createdCursorOf, updatedCursorOf } from "../../api/page-order.js";
import { type PageTokens, pagination } from "../../api/page-token.js";
import { parse } from "../../api/parse.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import { noteRule } from "../../core/text.js";
import { CustomerService } from "../../gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { toProtoTag } from "../setting-lists/tag.output.js";
import { tagReferences } from "./customer.input.js";
import { toProtoCustomer, toProtoNote } from "./customer.output.js";
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
    async createCustomer(request, { principal, write }) {
      const schema = newCustomer(countryOf(principal, request.companyId));
      const input = parse(requests.createCustomer.input, request, schema);
      return toProtoCustomer(await customers.create(input, principal, write));
    },

    async getCustomer(request, { principal, signal }) {
      const input = parse(requests.getCustomer.input, request, byId);
      return toProtoCustomer(await customers.get(input.id, principal, signal));
    },

    async updateCustomer(request, { principal, write }) {
      const mask = customerMask(request);
      const schema = customerUpdate(countryOf(principal, request.companyId));
      const input = parse(requests.updateCustomer.input, request, schema, mask.violations);
      return toProtoCustomer(await customers.update(toCustomerUpdate(input, mask), principal, write));
    },

    async listCustomers(request, context) {
      const { principal, signal } = context;
      const schema = customersQuery(countryOf(principal, request.companyId));
      const { companyId, filter = {} } = parse(requests.listCustomers.input, request, schema);
      const page = pageTokens.open(request, context);
      const found = await customers.list({ companyId, filter, page }, principal, signal);
      const { rows, nextPageToken } = page.close(found, filter.lastUpdated ? updatedCursorOf : createdCursorOf);
      return { customers: rows.map(toProtoCustomer), nextPageToken };
    },

    async genCustomerCofLink(request, context) {
      const input = parse(requests.genCustomerCofLink.input, request, byId);
      context.setHeader("cache-control", "no-store");
      return { link: await customers.mintCardLink(input.id, context.principal, context.write) };
    },

    async appendCustomerNotes(request, { principal, write }) {
      const input = parse(requests.appendCustomerNotes.input, request, noteAppend);
      const added = await notes.append(input.id, input.notes, principal, write);
      return { notes: added.map(toProtoNote) };
    },

    async listCustomerNotes(request, context) {
      const input = parse(requests.listCustomerNotes.input, request, notesQuery);
      const page = pageTokens.open(request, context);
      const found = await notes.list(input.id, page, context.principal, context.signal);
      const { rows, nextPageToken } = page.close(found, createdCursorOf);
      return { notes: rows.map(toProtoNote), nextPageToken };
    },

    async updateCustomerNote(request, { principal, write }) {
      const input = parse(requests.updateCustomerNote.input, request, noteUpdate);
      const { customerId, noteId, note } = input;
      return { note: toProtoNote(await notes.update({ customerId, noteId, text: note }, principal, write)) };
    },

    async deleteCustomerNote(request, { principal, write }) {
      const input = parse(requests.deleteCustomerNote.input, request, noteTarget);
      await notes.remove(input, principal, write);
      return {};
    },

    async appendCustomerTags(request, { principal, write }) {
      const input = parse(requests.appendCustomerTags.input, request, tagAppend);
      const added = await tags.append(input.id, input.tags, principal, write);
      return { tags: added.map(toProtoTag) };
    },

    async listCustomerTags(request, { principal, signal }) {
      const input = parse(requests.listCustomerTags.input, request, byId);
      const carried = await tags.list(input.id, principal, signal);
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
