// Peer: Fastify and Prisma.
import fastify from "fastify";
import { jsonForms, toCustomer } from "./customer.mjs";
import { routes } from "./fastify-routes.mjs";
import { createCustomer, getCustomer, listCustomers } from "./prisma.mjs";

await routes(fastify(), {
  get: async (id) => toCustomer(await getCustomer(id), jsonForms),
  create: async (body) => toCustomer(await createCustomer(body), jsonForms),
  list: async () => (await listCustomers()).map((row) => toCustomer(row, jsonForms)),
});
