import type { DescMethodUnary, DescService } from "@bufbuild/protobuf";
import {
  Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { Health } from "../../gen/proto/grpc/health/v1/health_pb.js";
import type { Call, ExecuteCall } from "../pipeline/call.js";
import { isUnary } from "../pipeline/contract.js";
import { callCancelled, deadlineExceeded } from "../pipeline/deadline.js";
import { StatusError } from "../pipeline/status.js";
import { decodeBinary } from "./binary-input.js";
import { addHealth } from "./grpc-health.js";
import { encodeBinary, grpcMethodOf } from "./grpc-method.js";
import { addErrorDetails, grpcStatusOf } from "./grpc-status.js";
import { maxMessageBytes } from "./limits.js";
import { addReflection } from "./reflection.js";

const channelOptions = {
  "grpc.max_receive_message_length": maxMessageBytes,
  // Without a bound a flood is read as fast as it comes, and all calls are answered too late. This holds callers off before
  // they send, which costs nothing; RFC 9113 asks for no less than 100.
  "grpc.max_concurrent_streams": 100,
  // channelz stays on: with it off grpc-js finds no connection to end when forceShutdown() is called.
  "grpc.keepalive_time_ms": 60_000,
  "grpc.keepalive_timeout_ms": 20_000,
  "grpc.keepalive_permit_without_calls": 1,
  // Idle connections of health probes pile up otherwise; an age limit lets load balancers spread callers anew.
  "grpc.max_connection_idle_ms": 15 * 60_000,
  "grpc.max_connection_age_ms": 60 * 60_000,
  "grpc.max_connection_age_grace_ms": 60_000,
};

export interface GrpcServerOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly services: readonly DescService[];
  readonly run: ExecuteCall;
  /** PEM texts; absent = without TLS. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

export interface RunningServer {
  readonly port: number;
  /** Takes no new calls, waits for those under way, and cuts them off after the timeout. */
  stop(options: { readonly timeoutMs: number }): Promise<void>;
}

/** Serves the contract by gRPC, with reflection and health, which need no key. */
export async function startGrpcServer(options: GrpcServerOptions): Promise<RunningServer> {
  const { services, run, host } = options;
  const server = new Server({ ...channelOptions, interceptors: [addErrorDetails] });
  for (const service of services) addService(server, service, run);
  const health = addHealth(
    server,
    services.map(({ typeName }) => typeName),
  );
  addReflection(server, [...services, Health]);

  const address = `${host.includes(":") ? `[${host}]` : host}:${options.port}`;
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, credentialsOf(options), (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  return {
    port,
    stop: async ({ timeoutMs }) => {
      health.stop();
      await shutDown(server, timeoutMs);
    },
  };
}

function credentialsOf({ tls }: GrpcServerOptions): ServerCredentials {
  if (!tls) return ServerCredentials.createInsecure();
  return ServerCredentials.createSsl(null, [
    { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.certificate) },
  ]);
}

async function shutDown(server: Server, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const drained = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([drained, late]);
  clearTimeout(timer);
  server.forceShutdown();
}

function addService(server: Server, service: DescService, run: ExecuteCall): void {
  const definition: Record<string, MethodDefinition<Buffer, Buffer>> = {};
  const implementation: UntypedServiceImplementation = {};
  for (const method of service.methods) {
    if (!isUnary(method)) continue;
    definition[method.name] = grpcMethodOf(method);
    implementation[method.name] = (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) =>
      void serve(method, call, answer, run);
  }
  server.addService(definition, implementation);
}

async function serve(
  method: DescMethodUnary,
  grpcCall: ServerUnaryCall<Buffer, Buffer>,
  answer: sendUnaryData<Buffer>,
  run: ExecuteCall,
): Promise<void> {
  const headers = new Metadata();
  const gone = new AbortController();
  // grpc-js does not tell a deadline from a caller that went away.
  const leave = () => gone.abort(Date.now() >= Number(grpcCall.getDeadline()) ? deadlineExceeded() : callCancelled());
  grpcCall.once("cancelled", leave);
  try {
    const call = callOf(method, grpcCall, { headers, signal: gone.signal });
    // It tells of calls that were answered as well: of those nobody needs to know, and an error costs its stack.
    const bytes = await run(call).finally(() => grpcCall.off("cancelled", leave));
    grpcCall.sendMetadata(headers);
    answer(null, bytes);
  } catch (error) {
    grpcCall.sendMetadata(headers);
    // The pipeline rejects with nothing else; anything else is a defect of the pipeline, which grpc-js answers.
    answer(error instanceof StatusError ? grpcStatusOf(error) : { code: 13, details: "Internal error." });
  }
}

function callOf(
  method: DescMethodUnary,
  grpcCall: ServerUnaryCall<Buffer, Buffer>,
  { headers, signal }: { readonly headers: Metadata; readonly signal: AbortSignal },
): Call<Buffer> {
  const deadlineMs = Number(grpcCall.getDeadline());
  return {
    method,
    transport: "grpc",
    signal,
    ...(Number.isFinite(deadlineMs) ? { timeoutMs: deadlineMs - Date.now() } : {}),
    peerAddress: withoutPort(grpcCall.getPeer()),
    header: (name) => textOf(grpcCall.metadata, name),
    setHeader: (name, value) => headers.set(name, value),
    decode: () => decodeBinary(method.input, grpcCall.request),
    encode: (message) => encodeBinary(method.output, message),
  };
}

function textOf(metadata: Metadata, name: string): string | undefined {
  const values = metadata.get(name).filter((value) => typeof value === "string");
  return values.length > 0 ? values.join(", ") : undefined;
}

/** grpc-js writes the peer as `address:port`, IPv6 without brackets. */
function withoutPort(peer: string): string {
  return /^(.*):\d+$/.exec(peer)?.[1] ?? peer;
}
