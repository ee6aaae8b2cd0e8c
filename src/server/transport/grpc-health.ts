import { create } from "@bufbuild/protobuf";
import {
  status as codes,
  type Server,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from "@grpc/grpc-js";
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthListResponseSchema,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "../../gen/proto/grpc_health/v1/health_pb.js";
import { decodeBinary } from "./binary-input.js";
import { encodeBinary } from "./codec/binary.js";
import { grpcMethodOf } from "./grpc-codec.js";

type WatchCall = ServerWritableStream<Buffer, Buffer>;

/** Health of the server for load balancers. Needs no API key. */
interface GrpcHealth {
  /** Reports NOT_SERVING from now on. Ends the streams of watchers, so that they do not delay the shutdown. */
  stop(): void;
}

/**
 * Serves `grpc.health.v1.Health` for the server as a whole (`""`) and for each gRPC service. Not grpc-health-check: it
 * never ends the streams of watchers, and a graceful shutdown waits for them.
 *
 * @param services full names of the gRPC services
 */
export function addHealth(server: Server, services: readonly string[]): GrpcHealth {
  const known = new Set(["", ...services]);
  const watchers = new Set<WatchCall>();
  let serving = true;

  function answerFor(service: string): Buffer {
    const present = serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
    const status = known.has(service) ? present : ServingStatus.SERVICE_UNKNOWN;
    return encodeBinary(HealthCheckResponseSchema, create(HealthCheckResponseSchema, { status }));
  }

  function check(call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>): void {
    const service = serviceIn(call.request);
    if (service !== undefined && known.has(service)) answer(null, answerFor(service));
    else answer({ code: codes.NOT_FOUND, details: "Unknown service." });
  }

  function watch(call: WatchCall): void {
    call.write(answerFor(serviceIn(call.request) ?? "?"));
    if (!serving) return void call.end();
    watchers.add(call);
    call.on("cancelled", () => watchers.delete(call));
  }

  function list(_call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>): void {
    const present = serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
    const statuses = Object.fromEntries([...known].map((service) => [service, { status: present }]));
    answer(null, encodeBinary(HealthListResponseSchema, create(HealthListResponseSchema, { statuses })));
  }

  const { check: checkRpc, watch: watchRpc, list: listRpc } = Health.method;
  server.addService(
    { check: grpcMethodOf(checkRpc), watch: grpcMethodOf(watchRpc), list: grpcMethodOf(listRpc) },
    { check, watch, list },
  );

  return {
    stop() {
      serving = false;
      for (const call of watchers) {
        call.write(answerFor(serviceIn(call.request) ?? "?"));
        call.end();
      }
      watchers.clear();
    },
  };
}

/** Undefined if the request cannot be decoded. */
function serviceIn(bytes: Buffer): string | undefined {
  try {
    return decodeBinary(HealthCheckRequestSchema, bytes).service;
  } catch {
    return undefined;
  }
}
