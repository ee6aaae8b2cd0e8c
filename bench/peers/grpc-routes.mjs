// Serves the operations of the peers on grpc-js, with a codec of theirs.
import grpc from "@grpc/grpc-js";
import { authenticate, log, ready } from "./peer.mjs";

const service = "moego.business.customer.v1.CustomerService";

/**
 * @param codec decoder of a request and encoder of a response, by the name of their message
 * @param customers the operations: they get the request and return the response
 */
export function serve(codec, customers) {
  const rpc = (name, input, output) => ({
    path: `/${service}/${name}`,
    requestStream: false,
    responseStream: false,
    ...{ requestDeserialize: codec.decoder(input), requestSerialize: () => Buffer.alloc(0) },
    ...{ responseSerialize: codec.encoder(output), responseDeserialize: (bytes) => bytes },
  });
  const server = new grpc.Server();
  server.addService(
    {
      get: rpc("GetCustomer", "GetCustomerRequest", "Customer"),
      create: rpc("CreateCustomer", "CreateCustomerRequest", "Customer"),
      list: rpc("ListCustomers", "ListCustomersRequest", "ListCustomersResponse"),
    },
    Object.fromEntries(Object.entries(customers).map(([name, work]) => [name, logged(name, work)])),
  );
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    ready(port);
  });
}

function logged(name, work) {
  return async ({ metadata, request }, answer) => {
    const startedAt = performance.now();
    const end = (error, response) => {
      log.info({ rpc: name, code: error?.code ?? 0, milliseconds: performance.now() - startedAt }, "request");
      answer(error, response);
    };
    try {
      authenticate(metadata.get("authorization")[0]);
      end(null, await work(request));
    } catch (error) {
      end({ code: grpc.status.INTERNAL, details: error.message });
    }
  };
}
