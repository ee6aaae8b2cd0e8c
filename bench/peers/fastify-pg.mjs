// Peer: Fastify and node-postgres.
import fastify from "fastify";
import { jsonForms, toCustomer } from "./customer.mjs";
import { routes } from "./fastify-routes.mjs";
import { openPool, readCustomer, readCustomers, writeCustomer } from "./peer.mjs";

const pool = openPool();

await routes(fastify(), {
  get: async (id) => toCustomer(await readCustomer(pool, id), jsonForms),
  create: async (body) => toCustomer(await writeCustomer(pool, body), jsonForms),
  list: async () => (await readCustomers(pool)).map((row) => toCustomer(row, jsonForms)),
});
