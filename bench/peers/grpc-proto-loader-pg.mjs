// Peer: grpc-js, @grpc/proto-loader (protobufjs) and node-postgres.
import { loadSync } from "@grpc/proto-loader";
import { protobufjsForms, toCustomer } from "./customer.mjs";
import { serve } from "./grpc-routes.mjs";
import { openPool, readCustomer, readCustomers, writeCustomer } from "./peer.mjs";
import { customerService, protoFolders } from "./protos.mjs";

const pool = openPool();
const { "moego.business.customer.v1.CustomerService": service } = loadSync(customerService, {
  includeDirs: protoFolders,
});
const rpcs = Object.values(service);
const codec = {
  decoder: (name) => rpcs.find(({ requestType }) => requestType.type.name === name).requestDeserialize,
  encoder: (name) => rpcs.find(({ responseType }) => responseType.type.name === name).responseSerialize,
};

serve(codec, {
  get: async ({ id }) => toCustomer(await readCustomer(pool, id), protobufjsForms),
  create: async (request) => toCustomer(await writeCustomer(pool, request), protobufjsForms),
  list: async () => ({ customers: (await readCustomers(pool)).map((row) => toCustomer(row, protobufjsForms)) }),
});
