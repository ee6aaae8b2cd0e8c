import type { DescMethodUnary, DescService } from "@bufbuild/protobuf";
import {
  status as codes,
  Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { createCallSignal } from "../../core/call-signal.js";
import { Health } from "../../gen/proto/grpc_health/v1/health_pb.js";
import type { Call, ExecuteCall, ExecuteStream } from "../pipeline/call.js";
import { isStream, isUnary } from "../pipeline/contract.js";
import { callCancelled, deadlineExceeded } from "../pipeline/deadline.js";
import type { RejectRequest } from "../pipeline/observe.js";
import { StatusError } from "../pipeline/status.js";
import { closeAnsweredStreams } from "./answered-streams.js";
import { decodeBinary } from "./binary-input.js";
import { binaryAnswer } from "./codec/answer.js";
import { closeDeadSessions } from "./dead-sessions.js";
import { grpcMethodOf } from "./grpc-codec.js";
import { addHealth } from "./grpc-health.js";
import { http2ServersOf } from "./grpc-http2-servers.js";
import { peerAddressOf, textOf } from "./grpc-peer.js";
import { addPublished } from "./grpc-published.js";
import { addErrorDetails, grpcStatusOf } from "./grpc-status.js";
import { serveStream } from "./grpc-stream.js";
import { maxMessageBytes } from "./limits.js";
import { addReflection } from "./reflection.js";
import { limitHandshakes, type RenewCertificate, renewalOf, type TlsFiles } from "./tls.js";

const channelOptions = {
  "grpc.max_receive_message_length": maxMessageBytes,
  // Without a limit the server would accept a flood as fast as it arrives, and answer every call too late. This limit
  // makes clients wait before they send, which costs nothing. RFC 9113 recommends at least 100.
  "grpc.max_concurrent_streams": 100,
  // channelz stays enabled: without it, forceShutdown() finds no connections to close.
  "grpc.keepalive_time_ms": 60_000,
  "grpc.keepalive_timeout_ms": 20_000,
  "grpc.keepalive_permit_without_calls": 1,
  // Closes idle connections, which health checks would otherwise pile up. The age limit lets load balancers
  // redistribute clients.
  "grpc.max_connection_idle_ms": 15 * 60_000,
  "grpc.max_connection_age_ms": 60 * 60_000,
  // As long as a stream may last by default.
  "grpc.max_connection_age_grace_ms": 60 * 60_000,
};

/**
 * Clients that respect it, such as grpc-go, refuse larger metadata themselves. For others the call alone is reset, which
 * they report as RESOURCE_EXHAUSTED, unless one field exceeds it: see `closeDeadSessions`.
 */
const maxHeaderListBytes = 64 * 1024;

interface GrpcServerOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly services: readonly DescService[];
  readonly run: ExecuteCall;
  readonly stream: ExecuteStream;
  /** Rejects a call of an rpc that the hosted API has and this server does not. */
  readonly refuse: RejectRequest;
  /** Absent = without TLS. */
  readonly tls?: TlsFiles;
  /** Connections above this number are closed at once; default: no limit. */
  readonly maxConnections?: number;
  /** Shortened by tests. */
  readonly handshakeTimeoutMs?: number;
}

export interface RunningServer {
  readonly port: number;
  readonly renewCertificate: RenewCertificate;
  /** Accepts no new calls, waits for those in flight, and terminates them after the timeout. */
  stop(options: { readonly timeoutMs: number }): Promise<void>;
}

/** Serves the contract over gRPC. Reflection and health need no API key. */
export async function startGrpcServer(options: GrpcServerOptions): Promise<RunningServer> {
  const { services, host } = options;
  const server = new Server({ ...channelOptions, interceptors: [addErrorDetails] });
  for (const service of services) addService(server, service, options);
  addPublished(server, options.refuse);
  const health = addHealth(
    server,
    services.map(({ typeName }) => typeName),
  );
  addReflection(server, [...services, Health]);

  const address = `${host.includes(":") ? `[${host}]` : host}:${options.port}`;
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, credentialsOf(options), (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  const listeners = http2ServersOf(server);
  for (const listener of listeners) {
    listener.updateSettings({ maxHeaderListSize: maxHeaderListBytes });
    closeAnsweredStreams(listener);
    closeDeadSessions(listener);
    limitHandshakes(listener, options.handshakeTimeoutMs);
    if (options.maxConnections !== undefined) listener.maxConnections = options.maxConnections;
  }
  return {
    port,
    renewCertificate: (files) => {
      for (const listener of listeners) renewalOf(listener)(files);
    },
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

function addService(
  server: Server,
  service: DescService,
  { run, stream }: Pick<GrpcServerOptions, "run" | "stream">,
): void {
  const definition: Record<string, MethodDefinition<Buffer, Buffer>> = {};
  const implementation: UntypedServiceImplementation = {};
  for (const method of service.methods) {
    if (isUnary(method)) {
      implementation[method.name] = (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) =>
        void serve(method, call, answer, run);
    } else if (isStream(method)) {
      implementation[method.name] = (call: ServerWritableStream<Buffer, Buffer>) =>
        void serveStream(method, call, stream);
    } else continue;
    definition[method.name] = grpcMethodOf(method);
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
  const gone = createCallSignal();
  // grpc-js uses the same event for an expired deadline and for a client that disconnected.
  const leave = () => gone.abort(Date.now() >= Number(grpcCall.getDeadline()) ? deadlineExceeded() : callCancelled());
  grpcCall.on("cancelled", leave);
  // The event also fires for completed calls. Creating an error for those would only cost its stack trace.
  const stay = () => grpcCall.off("cancelled", leave);
  try {
    const bytes = await run(callOf(method, grpcCall, { headers, signal: gone.signal }));
    stay();
    grpcCall.sendMetadata(headers);
    answer(null, bytes);
  } catch (error) {
    stay();
    // The headers of an error go with its status: clients never retry a call whose response headers they have seen.
    // The pipeline rejects with a StatusError only; anything else is a bug in the pipeline.
    answer(
      error instanceof StatusError
        ? grpcStatusOf(error, headers)
        : { code: codes.INTERNAL, details: "Internal error.", metadata: headers },
    );
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
    peerAddress: peerAddressOf(grpcCall),
    header: (name) => textOf(grpcCall.metadata, name),
    setHeader: (name, value) => headers.set(name, value),
    decode: () => ({ message: decodeBinary(method.input, grpcCall.request) }),
    encode: (message) => binaryAnswer(method.output, message),
  };
}
