// Peer: the gRPC transport of NestJS, and Prisma. Decorators are applied as functions, since this file is not compiled.
import "reflect-metadata";
import { createServer } from "node:net";
import { Controller, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { GrpcMethod, Transport } from "@nestjs/microservices";
import { protobufjsForms, toCustomer } from "./customer.mjs";
import { authenticate, log, ready } from "./peer.mjs";
import { createCustomer, getCustomer, listCustomers } from "./prisma.mjs";
import { customerService, protoFolders } from "./protos.mjs";

class Customers {
  getCustomer({ id }, metadata) {
    return logged("GetCustomer", metadata, async () => toCustomer(await getCustomer(id), protobufjsForms));
  }

  createCustomer(request, metadata) {
    return logged("CreateCustomer", metadata, async () => toCustomer(await createCustomer(request), protobufjsForms));
  }

  listCustomers(_, metadata) {
    return logged("ListCustomers", metadata, async () => ({
      customers: (await listCustomers()).map((row) => toCustomer(row, protobufjsForms)),
    }));
  }
}

async function logged(rpc, metadata, work) {
  const startedAt = performance.now();
  authenticate(metadata.get("authorization")[0]);
  const response = await work();
  log.info({ rpc, milliseconds: performance.now() - startedAt }, "request");
  return response;
}

for (const name of ["getCustomer", "createCustomer", "listCustomers"]) {
  const rpc = `${name[0].toUpperCase()}${name.slice(1)}`;
  GrpcMethod("CustomerService", rpc)(
    Customers.prototype,
    name,
    Object.getOwnPropertyDescriptor(Customers.prototype, name),
  );
}
Controller()(Customers);

class Peer {}
Module({ controllers: [Customers] })(Peer);

const port = await freePort();
const app = await NestFactory.createMicroservice(Peer, {
  transport: Transport.GRPC,
  logger: false,
  options: {
    url: `127.0.0.1:${port}`,
    package: "moego.business.customer.v1",
    protoPath: customerService,
    loader: { includeDirs: protoFolders },
  },
});
await app.listen();
ready(port);

/** NestJS does not tell which port it was given. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port: free } = server.address();
      server.close(() => resolve(free));
    });
  });
}
