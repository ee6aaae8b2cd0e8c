import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { newCustomer } from "../support/new-customer.js";
import type { TestServer } from "../support/server.js";
import type { Repeatable } from "./repeatable.js";
import { nameOf } from "./rpc-fixture.js";

const rpc = CustomerService.method;

/** The rpcs of CustomerService that write. */
export const customerRepeatables: readonly Repeatable[] = [
  {
    name: nameOf(rpc.createCustomer),
    prepare: async (server) => ({
      send: ({ variant = "A", ...options }) =>
        server.call(rpc.createCustomer, newCustomer({ lastName: variant }), options),
      refuse: (options) => server.call(rpc.createCustomer, newCustomer({ assignedStaffId: "staff_z" }), options),
    }),
  },
  {
    name: nameOf(rpc.updateCustomer),
    async prepare(server) {
      const { id } = await noted(server);
      const update = { id, companyId: "cmp_a" };
      return {
        send: ({ variant = "A", ...options }) =>
          server.call(rpc.updateCustomer, { ...update, source: variant }, options),
        refuse: (options) => server.call(rpc.updateCustomer, { ...update, etag: "old" }, options),
      };
    },
  },
  {
    name: nameOf(rpc.appendCustomerNotes),
    async prepare(server) {
      const { id } = await noted(server);
      return {
        send: ({ variant = "A", ...options }) =>
          server.call(rpc.appendCustomerNotes, { id, notes: [{ note: variant }] }, options),
        refuse: (options) => server.call(rpc.appendCustomerNotes, { id: "cus_a9", notes: [{ note: "x" }] }, options),
      };
    },
  },
  {
    name: nameOf(rpc.updateCustomerNote),
    async prepare(server) {
      const { id: customerId, noteId } = await noted(server);
      return {
        send: ({ variant = "A", ...options }) =>
          server.call(rpc.updateCustomerNote, { customerId, noteId, note: variant }, options),
        refuse: (options) => server.call(rpc.updateCustomerNote, { customerId, noteId: "cxn_z", note: "x" }, options),
      };
    },
  },
  {
    name: nameOf(rpc.deleteCustomerNote),
    async prepare(server) {
      const { id: customerId, noteId, otherNoteId } = await noted(server);
      return {
        send: ({ variant, ...options }) =>
          server.call(rpc.deleteCustomerNote, { customerId, noteId: variant ? otherNoteId : noteId }, options),
        refuse: (options) => server.call(rpc.deleteCustomerNote, { customerId, noteId: "cxn_z" }, options),
      };
    },
  },
  {
    name: nameOf(rpc.appendCustomerTags),
    async prepare(server) {
      const { id } = await noted(server);
      return {
        send: ({ variant = "A", ...options }) =>
          server.call(rpc.appendCustomerTags, { id, tags: [{ name: variant }] }, options),
        refuse: (options) => server.call(rpc.appendCustomerTags, { id, tags: [{ id: "tag_z" }] }, options),
      };
    },
  },
  {
    name: nameOf(rpc.genCustomerCofLink),
    async prepare(server) {
      const { id } = await noted(server);
      return {
        send: ({ variant, ...options }) =>
          server.call(rpc.genCustomerCofLink, { id: variant ? "cus_a1" : id }, options),
        refuse: (options) => server.call(rpc.genCustomerCofLink, { id: "cus_a9" }, options),
      };
    },
  },
];

/** A customer with two notes. */
async function noted(server: TestServer) {
  const { id, notes } = await server.ok(rpc.createCustomer, newCustomer({ notes: [{ note: "1" }, { note: "2" }] }));
  return { id, noteId: notes[0]?.id ?? "", otherNoteId: notes[1]?.id ?? "" };
}
