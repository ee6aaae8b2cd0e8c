import type { Logger } from "pino";
import { type AddressDetail, recordedAddress } from "../../core/client-address.js";
import { DomainError, type Reason } from "../../core/errors.js";
import { Code } from "../../gen/proto/google/rpc/code_pb.js";
import { type IncomingCall, requestIdHeader, requestIdOf, type Transport } from "./call.js";
import { type AddressOf, forwardedForHeader } from "./client-address.js";
import { rpcNameOf } from "./contract.js";
import { loggedViolations } from "./logged-violations.js";
import { type StatusError, toStatusError } from "./status.js";

/** Counts and times requests. Every label has few values. */
export interface CallMetrics {
  observe(call: {
    /** `moego.business.customer.v1.CustomerService/GetCustomer`, or `unknown` for a request without an rpc. */
    readonly rpc: string;
    readonly transport: Transport;
    /** Name of the canonical code: `OK`, `NOT_FOUND`. */
    readonly code: string;
    readonly durationMs: number;
    /** Responses of a stream. */
    readonly sent?: Sent;
  }): void;
  /** Counts a request that was rejected for its API key or for where the key was used. */
  countFailedAuthentication(reason: Reason): void;
}

/** What a stream has sent. */
export interface Sent {
  messages: number;
  /** As they were encoded, without what the protocol adds. */
  bytes: number;
}

/** Facts that become known while a request runs. */
export interface CallRecord {
  readonly requestId: string;
  /** Address of the client, behind trusted proxies the forwarded one. */
  readonly clientAddress: string;
  keyId?: string;
  companyId?: string;
  /** Of the records that the request named or created. */
  resourceIds?: readonly string[];
  failedAuthentication?: Reason;
  sent?: Sent;
}

export interface Observer {
  readonly logger: Logger;
  readonly metrics: CallMetrics;
  readonly addressOf: AddressOf;
  /** How much of the client's address is logged. Failed authentication is logged with all of it. */
  readonly addressDetail: AddressDetail;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
}

/**
 * Assigns the request id, runs the request, writes its log line and metrics, and converts every error to a StatusError.
 */
export async function observe<T>(
  call: IncomingCall,
  observer: Observer,
  work: (record: CallRecord) => Promise<T>,
): Promise<T> {
  const startedMs = observer.now();
  const record: CallRecord = {
    requestId: requestIdOf(call.header(requestIdHeader)),
    clientAddress: observer.addressOf(call.peerAddress, call.header(forwardedForHeader)),
  };
  call.setHeader(requestIdHeader, record.requestId);
  try {
    const answer = await work(record);
    report(call, observer, startedMs, record);
    return answer;
  } catch (error) {
    const refusal = error instanceof DomainError ? error : defect(error);
    const status = toStatusError(refusal, record.requestId);
    report(call, observer, startedMs, record, { status, violations: loggedViolations(refusal, call.method) });
    throw status;
  }
}

/** Origin of a request that matches no rpc. */
interface RejectedRequest {
  readonly transport: Transport;
  readonly requestId: string;
  /** Address of the connected peer, without port, if known. */
  readonly peerAddress?: string;
  /** The header `x-forwarded-for`. */
  readonly forwardedFor?: string | undefined;
}

/** Creates the error response for a request that reaches no rpc. Counted and logged as the rpc `unknown`. */
export type RejectRequest = (error: DomainError, refused: RejectedRequest) => StatusError;

export function createRejectRequest({
  logger,
  metrics,
  addressOf,
  addressDetail,
}: Omit<Observer, "now">): RejectRequest {
  return (error, { transport, requestId, peerAddress = "", forwardedFor }) => {
    const status = toStatusError(error, requestId);
    const violations = loggedViolations(error);
    const code = Code[status.code];
    metrics.observe({ rpc: "unknown", transport, code, durationMs: 0 });
    const clientAddress = recordedAddress(addressOf(peerAddress, forwardedFor), addressDetail);
    const outcome = { code, reason: status.reason, violations, durationMs: 0 };
    logger.info({ rpc: "unknown", transport, ...outcome, requestId, clientAddress }, "request");
    return status;
  };
}

/** The client gets only the request id; the log has the cause. */
function defect(cause: unknown): DomainError {
  return new DomainError("INTERNAL", "Internal error. Report it with the request ID.", {}, { cause });
}

function report(
  call: IncomingCall,
  observer: Observer,
  startedMs: number,
  record: CallRecord,
  { status, violations }: { readonly status?: StatusError; readonly violations?: readonly string[] | undefined } = {},
): void {
  const rpc = rpcNameOf(call.method);
  const code = Code[status?.code ?? Code.OK];
  const durationMs = observer.now() - startedMs;
  const { sent } = record;
  observer.metrics.observe({ rpc, transport: call.transport, code, durationMs, ...(sent ? { sent } : {}) });
  const fields = {
    rpc,
    transport: call.transport,
    code,
    reason: status?.reason,
    violations,
    durationMs: Math.round(durationMs * 10) / 10,
    requestId: record.requestId,
    keyId: record.keyId,
    companyId: record.companyId,
    resourceIds: record.resourceIds?.length ? record.resourceIds : undefined,
    clientAddress: recordedAddress(record.clientAddress, record.failedAuthentication ? "full" : observer.addressDetail),
    ...sent,
  };
  if (record.failedAuthentication) observer.metrics.countFailedAuthentication(record.failedAuthentication);
  const cause = status?.cause instanceof Error ? status.cause.cause : undefined;
  if (status?.code === Code.INTERNAL) observer.logger.error({ ...fields, err: cause ?? status }, "request failed");
  else if (status?.code === Code.UNAVAILABLE) observer.logger.warn({ ...fields, err: cause }, "request");
  else observer.logger.info(fields, "request");
}
