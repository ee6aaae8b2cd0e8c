import type { DescMethodUnary } from "@bufbuild/protobuf";
import { pino } from "pino";
import type { AnyHandler, Context, Handler, HandlerRegistry } from "../../src/api/rpc.js";
import { DomainError, type Reason } from "../../src/core/errors.js";
import type { KeyChecker } from "../../src/core/key-grants.js";
import type { Principal, Scope } from "../../src/core/principal.js";
import {
  type CreateCustomerRequest,
  CustomerService,
  type UpdateCustomerRequest,
} from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { createAddressOf } from "../../src/server/pipeline/client-address.js";
import { type CallMetrics, createRejectRequest } from "../../src/server/pipeline/observe.js";
import { createPipeline, type PipelineOptions } from "../../src/server/pipeline/pipeline.js";
import { createConnectHandler } from "../../src/server/transport/connect.js";
import { startGrpcServer } from "../../src/server/transport/grpc.js";
import { startHttpServer } from "../../src/server/transport/http.js";
import { createRestHandler } from "../../src/server/transport/rest.js";

export const secret = "moego_test_0123456789abcdef0123456789abcdef";
export const authorization = `Basic ${Buffer.from(secret).toString("base64")}`;
/** A key that lacks every scope. */
export const scopelessSecret = "moego_scopeless_0123456789abcdef0123456789";
/** A key that may be used from nowhere near. */
export const distantSecret = "moego_distant_0123456789abcdef0123456789ab";

export const services = [CustomerService, LeadService];
const company = {
  companyId: "cmp_001",
  country: "US",
  timeZone: "America/New_York",
  refusesDoubtfulPhones: false,
  duplicatePolicy: "WARN" as const,
};
const other = { ...company, companyId: "cmp_002" };

function callerWith(scopes: readonly Scope[]): Principal {
  return {
    keyId: "key_test",
    scopes: new Set(scopes),
    organizations: [company.companyId, other.companyId],
    companies: new Map([company, other].map((reach) => [reach.companyId, reach])),
  };
}

export const keys: KeyChecker = {
  async check(secrets) {
    if (secrets.includes(secret)) {
      const principal = callerWith([
        "customer:read",
        "customer:write",
        "lead:read",
        "lead:write",
        "callcenter:read",
        "company:export",
      ]);
      return { principal, allowedAddresses: [] };
    }
    if (secrets.includes(scopelessSecret)) return { principal: callerWith([]), allowedAddresses: [] };
    if (secrets.includes(distantSecret)) {
      return { principal: callerWith(["customer:read"]), allowedAddresses: ["203.0.113.0/24"] };
    }
    throw new DomainError("KEY_UNKNOWN", "The API key is not valid.");
  },
};

/** What the fake handlers saw. */
export interface Seen {
  /** Ids of GetCustomer, as soon as its handler runs. */
  gets: string[];
  creates: CreateCustomerRequest[];
  updates: UpdateCustomerRequest[];
  contexts: Context[];
  aborts: unknown[];
}

const rpc = CustomerService.method;

/** Handlers that echo; the id of GetCustomer chooses what happens. The rest of the services is unimplemented. */
function fakeHandlers(seen: Seen): HandlerRegistry {
  return new Map([
    on(rpc.createCustomer, async (request, context) => {
      seen.creates.push(request);
      seen.contexts.push(context);
      if (context.write.claim?.key === "again") context.write.claim.replayed = true;
      return { id: "cus_new", firstName: request.firstName, companyId: request.companyId };
    }),
    on(rpc.updateCustomer, async (request) => {
      seen.updates.push(request);
      return { id: request.id };
    }),
    on(rpc.getCustomer, async ({ id }, { signal }) => {
      seen.gets.push(id);
      switch (id) {
        case "absent":
          throw new DomainError("RESOURCE_NOT_FOUND", "Customer not found.", {
            metadata: { resource: "Customer", id },
          });
        case "broken":
          throw new Error("secret internals");
        case "busy":
          throw new DomainError("OVERLOADED", "Too many calls are under way.");
        case "unwritable":
          return { id, createdTime: { seconds: 999_999_999_999_999n, nanos: -5 }, rawId: 2n ** 70n };
        case "large":
          return { id, notes: [{ note: "n".repeat(5_000) }] };
        case "slow":
          return new Promise((_, reject) => {
            signal.addEventListener("abort", () => {
              seen.aborts.push(signal.reason);
              reject(new Error("late"));
            });
          });
        case "short":
          await new Promise((resolve) => setTimeout(resolve, 300));
          break;
      }
      return { id, firstName: "John" };
    }),
    on(rpc.listCustomers, async () => ({ customers: [], nextPageToken: "" })),
    on(rpc.genCustomerCofLink, async ({ id }) => ({ link: `https://example.com/cof/${id}` })),
    on(rpc.deleteCustomerNote, async () => ({})),
    on(rpc.appendCustomerNotes, async ({ notes }) => ({ notes })),
  ]);
}

/** A registry entry; `registry()` would demand the whole service. */
function on<M extends DescMethodUnary>(method: M, handler: Handler<M>): [string, AnyHandler];
function on(method: DescMethodUnary, handler: AnyHandler): [string, AnyHandler] {
  return [`${method.parent.typeName}/${method.name}`, handler];
}

export interface World extends AsyncDisposable {
  readonly seen: Seen;
  readonly logs: Record<string, unknown>[];
  readonly observed: Parameters<CallMetrics["observe"]>[0][];
  /** What was counted as failed authentication. */
  readonly failedAuthentications: Reason[];
  readonly grpcPort: number;
  readonly httpPort: number;
  readonly url: string;
  readonly grpc: Awaited<ReturnType<typeof startGrpcServer>>;
  readonly http: Awaited<ReturnType<typeof startHttpServer>>;
}

type WorldOptions = Partial<
  Pick<
    PipelineOptions,
    | "trustedProxies"
    | "addressDetail"
    | "maxDurationMs"
    | "handlers"
    | "services"
    | "rateLimits"
    | "streams"
    | "streamLimits"
    | "drainDeadline"
  >
> &
  Partial<
    Pick<
      Parameters<typeof startHttpServer>[0],
      "probes" | "corsOrigins" | "tls" | "host" | "timeouts" | "maxConnections"
    >
  >;

/** Both servers on free ports over the real contract, with handlers that echo. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const seen: Seen = { gets: [], creates: [], updates: [], contexts: [], aborts: [] };
  const logs: Record<string, unknown>[] = [];
  const observed: World["observed"] = [];
  const logger = pino({}, { write: (line: string) => logs.push(JSON.parse(line)) });
  const handlers: HandlerRegistry = options.handlers ?? fakeHandlers(seen);
  const failedAuthentications: Reason[] = [];
  const metrics: CallMetrics = {
    observe: (call) => observed.push(call),
    countFailedAuthentication: (reason) => failedAuthentications.push(reason),
  };
  const addressDetail = options.addressDetail ?? "full";
  const addressOf = createAddressOf(options.trustedProxies ?? []);
  const refuse = createRejectRequest({ logger, metrics, addressOf, addressDetail });
  const served = options.services ?? services;
  const { run, stream } = createPipeline({
    services: served,
    handlers,
    keys,
    fingerprintKeys: [new Uint8Array(32)],
    logger,
    metrics,
    addressDetail,
    ...(options.trustedProxies ? { trustedProxies: options.trustedProxies } : {}),
    ...(options.maxDurationMs ? { maxDurationMs: options.maxDurationMs } : {}),
    ...(options.rateLimits ? { rateLimits: options.rateLimits } : {}),
    ...(options.streams ? { streams: options.streams } : {}),
    ...(options.streamLimits ? { streamLimits: options.streamLimits } : {}),
    ...(options.drainDeadline ? { drainDeadline: options.drainDeadline } : {}),
  });
  const { timeouts, maxConnections } = options;
  const tls = { ...(options.tls ? { tls: options.tls } : {}), ...(maxConnections ? { maxConnections } : {}) };
  const handshakes = timeouts?.handshakeMs ? { handshakeTimeoutMs: timeouts.handshakeMs } : {};
  const grpc = await startGrpcServer({
    host: "127.0.0.1",
    port: 0,
    services: served,
    run,
    stream,
    refuse,
    ...tls,
    ...handshakes,
  });
  const http = await startHttpServer({
    host: options.host ?? "127.0.0.1",
    port: 0,
    handlers: [
      createConnectHandler({ services: served, run, stream, refuse }),
      createRestHandler({ services: served, run, stream, refuse }),
    ],
    refuse,
    probes: options.probes ?? { checks: {} },
    corsOrigins: options.corsOrigins ?? [],
    ...tls,
    ...(timeouts ? { timeouts } : {}),
    logger,
  });
  return {
    seen,
    logs,
    observed,
    failedAuthentications,
    grpcPort: grpc.port,
    httpPort: http.port,
    url: `${options.tls ? "https" : "http"}://127.0.0.1:${http.port}`,
    grpc,
    http,
    async [Symbol.asyncDispose]() {
      await Promise.all([grpc.stop({ timeoutMs: 0 }), http.stop({ timeoutMs: 0 })]);
    },
  };
}
