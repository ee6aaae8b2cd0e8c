import { randomBytes } from "node:crypto";
import { Agent, request } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import { type Client, credentials, Metadata, makeGenericClientConstructor } from "@grpc/grpc-js";
import { CreateCustomerRequestSchema } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";

/** What a caller sees of one call. */
export interface Sent {
  readonly requestId: string;
  readonly kind: string;
  /** `ok`, a refusal such as `503`, or `lost`: no answer came. */
  readonly end: string;
}

export interface Target {
  readonly httpUrl: string;
  readonly grpcPort: number;
  readonly secret: string;
}

const names = { companyId: "cmp_001", preferredBusinessId: "biz_001", firstName: "Ada", lastName: "Test" };
const customer = { ...names, phone: "+12125550123" };
const createPath = "/moego.business.customer.v1.CustomerService/CreateCustomer";
const kinds = ["gRPC", "HTTP/1.1", "raw HTTP/2"] as const;

/** Callers that send customers without a pause, over connections that stay open, until told to stop. */
export class Callers {
  readonly sent: Sent[] = [];
  #stopped = false;
  readonly #running: Promise<unknown>;

  constructor(
    count: number,
    readonly target: () => Target,
  ) {
    const one = (index: number) => this.#call(kinds[index % kinds.length] ?? "gRPC");
    this.#running = Promise.all(Array.from({ length: count }, (_, index) => one(index)));
  }

  /** Resolves when so many more calls were answered. */
  async reach(more: number): Promise<void> {
    const answered = () => this.sent.filter(({ end }) => end === "ok").length;
    const goal = answered() + more;
    while (answered() < goal) await sleep(10);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #call(kind: (typeof kinds)[number]): Promise<void> {
    while (!this.#stopped) {
      const target = this.target();
      const connection = connections[kind](target);
      while (!this.#stopped && this.target() === target) {
        const requestId = randomBytes(12).toString("hex");
        const end = await connection.send(requestId);
        this.sent.push({ requestId, kind, end });
        if (end === "lost") await sleep(50);
      }
      connection.close();
    }
  }
}

interface Connection {
  send(requestId: string): Promise<string>;
  close(): void;
}

const connections: Readonly<Record<(typeof kinds)[number], (target: Target) => Connection>> = {
  gRPC: overGrpc,
  "HTTP/1.1": overHttp1,
  "raw HTTP/2": overHttp2,
};

const message = Buffer.from(toBinary(CreateCustomerRequestSchema, create(CreateCustomerRequestSchema, customer)));

function overGrpc({ grpcPort, secret }: Target): Connection {
  const RawClient = makeGenericClientConstructor({}, "raw");
  const client: Client = new RawClient(`127.0.0.1:${grpcPort}`, credentials.createInsecure());
  return {
    send(requestId) {
      const metadata = new Metadata();
      metadata.set("authorization", `Bearer ${secret}`);
      metadata.set("x-request-id", requestId);
      const same = (bytes: Buffer) => bytes;
      return new Promise((resolve) => {
        client.makeUnaryRequest(createPath, same, same, message, metadata, { deadline: Date.now() + 10_000 }, (error) =>
          resolve(error ? grpcEnd(error.code, error.metadata.get("grpc-status-details-bin").length > 0) : "ok"),
        );
      });
    },
    close: () => client.close(),
  };
}

/** Without details of ours the answer is the client's own: nothing came from the server. */
function grpcEnd(code: number, hasDetails: boolean): string {
  return hasDetails ? String(code) : "lost";
}

function overHttp1({ httpUrl, secret }: Target): Connection {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const body = JSON.stringify(customer);
  return {
    send: (requestId) =>
      new Promise((resolve) => {
        const headers = {
          authorization: `Bearer ${secret}`,
          "content-type": "application/json",
          "content-length": Buffer.byteLength(body),
          "x-request-id": requestId,
        };
        request(`${httpUrl}/v1/customers`, { agent, method: "POST", headers, timeout: 10_000 })
          .on("error", () => resolve("lost"))
          .on("response", (response) => {
            response.resume().on("error", () => resolve("lost"));
            response.on("end", () => resolve(response.statusCode === 200 ? "ok" : String(response.statusCode)));
          })
          .end(body);
      }),
    close: () => agent.destroy(),
  };
}

/** One HTTP/2 connection after the other, without the retries that a gRPC client makes by itself. */
function overHttp2({ grpcPort, secret }: Target): Connection {
  const open = () => connectHttp2(`http://127.0.0.1:${grpcPort}`).on("error", () => {});
  let session = open();
  return {
    send(requestId) {
      if (session.closed || session.destroyed) session = open();
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(message.length, 1);
      return new Promise((resolve) => {
        let status: unknown;
        const read = (headers: Readonly<Record<string, unknown>>) => {
          status = headers["grpc-status"] ?? status;
        };
        session
          .request({
            ":method": "POST",
            ":path": createPath,
            "content-type": "application/grpc",
            te: "trailers",
            authorization: `Bearer ${secret}`,
            "x-request-id": requestId,
          })
          .on("response", read)
          .on("trailers", read)
          .on("error", () => {})
          .on("close", () => resolve(status === "0" ? "ok" : status === undefined ? "lost" : String(status)))
          .resume()
          .end(Buffer.concat([prefix, message]));
      });
    },
    close: () => session.destroy(),
  };
}
