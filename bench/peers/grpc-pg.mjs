// Peer: grpc-js, protobuf-es and node-postgres.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { CustomerSchema } from "../../dist/gen/proto/moego/business/customer/v1/customer_pb.js";
import {
  CreateCustomerRequestSchema,
  GetCustomerRequestSchema,
  ListCustomersRequestSchema,
  ListCustomersResponseSchema,
} from "../../dist/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { protobufForms, toCustomer } from "./customer.mjs";
import { serve } from "./grpc-routes.mjs";
import { openPool, readCustomer, readCustomers, writeCustomer } from "./peer.mjs";

const pool = openPool();
const schemas = {
  Customer: CustomerSchema,
  CreateCustomerRequest: CreateCustomerRequestSchema,
  GetCustomerRequest: GetCustomerRequestSchema,
  ListCustomersRequest: ListCustomersRequestSchema,
  ListCustomersResponse: ListCustomersResponseSchema,
};
const codec = {
  decoder: (name) => (bytes) => fromBinary(schemas[name], bytes),
  encoder: (name) => (message) => Buffer.from(toBinary(schemas[name], create(schemas[name], message))),
};

serve(codec, {
  get: async ({ id }) => toCustomer(await readCustomer(pool, id), protobufForms),
  create: async (request) => toCustomer(await writeCustomer(pool, request), protobufForms),
  list: async () => ({ customers: (await readCustomers(pool)).map((row) => toCustomer(row, protobufForms)) }),
});
