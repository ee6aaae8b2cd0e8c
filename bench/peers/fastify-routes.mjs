// The routes of both Fastify peers, with a schema of the body and without one of the answer: those of answers drop what
// they do not name.
import { authenticate, log, ready } from "./peer.mjs";

const text = { type: "string" };
const create = {
  body: {
    type: "object",
    required: ["companyId", "preferredBusinessId", "firstName", "phone"],
    properties: {
      companyId: text,
      preferredBusinessId: text,
      firstName: text,
      lastName: text,
      phone: text,
      email: text,
    },
  },
};
const list = {
  body: {
    type: "object",
    required: ["companyId", "pagination"],
    properties: { companyId: text, pagination: { type: "object", properties: { pageSize: { type: "integer" } } } },
  },
};

/** Serves the operations of `customers` on a free port. */
export async function routes(app, customers) {
  app.addHook("onRequest", async ({ headers }) => authenticate(headers.authorization));
  app.addHook("onResponse", async ({ method, url }, reply) => {
    log.info({ method, url, status: reply.statusCode, milliseconds: reply.elapsedTime }, "request");
  });
  app.get("/v1/customers/:id", ({ params }) => customers.get(params.id));
  app.post("/v1/customers", { schema: create }, ({ body }) => customers.create(body));
  app.post("/v1/customers::list", { schema: list }, async () => ({
    nextPageToken: "",
    customers: await customers.list(),
  }));
  await app.listen({ port: 0, host: "127.0.0.1" });
  ready(app.server.address().port);
}
