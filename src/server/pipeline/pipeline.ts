import { create, type DescMessage, type DescService, type MessageInitShape } from "@bufbuild/protobuf";
import type { Logger } from "pino";
import type { Context, HandlerRegistry } from "../../api/rpc.js";
import { type AddressDetail, recordedAddress } from "../../core/client-address.js";
import { DomainError, type Reason } from "../../core/errors.js";
import type { KeyChecker } from "../../core/key-grants.js";
import type { Principal, Scope } from "../../core/principal.js";
import { accessFieldsOf, checkLocations, companyOf } from "./access-fields.js";
import { authenticate } from "./authenticate.js";
import { authorize, checkAddress, checkCompany, companyHeader, writableCompanies } from "./authorize.js";
import type { Call, ExecuteCall } from "./call.js";
import { createAddressOf } from "./client-address.js";
import { type CompanyLanesOptions, createCompanyLanes, freeTurn, type Turn } from "./company-lanes.js";
import { forwardsIdempotencyKey, importsRecords, isReadOnly, rpcNameOf, scopesOf } from "./contract.js";
import { crossSiteRequest, originHeader } from "./cross-site.js";
import { type DrainDeadline, type Limits, withinDeadline } from "./deadline.js";
import {
  createClaims,
  type FingerprintKeys,
  idempotencyKeyHeader,
  idempotencyReplayedHeader,
} from "./idempotency-key.js";
import { type CallMetrics, type CallRecord, observe } from "./observe.js";
import { createRateMeters, type RateLimits, type RateMeter } from "./rate-limit.js";
import { repeatedRefusal } from "./read-back.js";
import { resourceIdsOf } from "./resource-ids.js";
import { encodedBytes, maxResponseBytes, omittedHeader, omittedPaths, shorten } from "./response-size.js";

const defaultMaxDurationMs = 30_000;

export interface PipelineOptions {
  readonly services: readonly DescService[];
  /** An rpc without a handler returns METHOD_NOT_IMPLEMENTED. */
  readonly handlers: HandlerRegistry;
  readonly keys: KeyChecker;
  readonly fingerprintKeys: FingerprintKeys;
  readonly logger: Logger;
  readonly metrics: CallMetrics;
  /** Addresses and ranges whose `x-forwarded-for` is trusted. */
  readonly trustedProxies?: readonly string[];
  /** How much of the client's address is recorded; default: truncated. */
  readonly addressDetail?: AddressDetail;
  /** Default: no limits. */
  readonly rateLimits?: RateLimits;
  /** Default: no limit to the requests of one company that run at the same time. */
  readonly companyLanes?: CompanyLanesOptions;
  /** When requests in flight are aborted; default: never. */
  readonly drainDeadline?: DrainDeadline;
  /** Maximum duration of any request; default: 30 seconds. */
  readonly maxDurationMs?: number;
  /** Milliseconds of a monotonic clock; default: the process clock. */
  readonly now?: () => number;
}

/**
 * The only path from a transport to the handlers: observe > cross-site > authenticate > authorize > decode > company,
 * locations > idempotency > handler > error table.
 *
 * The rate of the API key is charged after its address check, so that a stolen key used from another network cannot
 * exhaust it, and before any other work. The rate of the company is charged as soon as the company is known. That is
 * before decoding for a key of one company or with the company header, else after decoding. A request without a
 * company, from a key of several companies, is charged to its key alone.
 *
 * @throws Error at startup for an rpc without a scope, or with an access option where it is not checked
 */
export function createPipeline(options: PipelineOptions): ExecuteCall {
  const { handlers, keys, logger, metrics, drainDeadline, maxDurationMs = defaultMaxDurationMs } = options;
  // Read once: reading an option of the contract takes longer than a cached key check.
  const rpcs = new Map(
    [...scopesOf(options.services)].map(([method, scope]) => [
      method,
      {
        scope,
        scopes: importsRecords(method) ? [scope, "record:import" as const] : [scope],
        fields: accessFieldsOf(method.input),
        actsElsewhere: forwardsIdempotencyKey(method),
      },
    ]),
  );
  const addressDetail = options.addressDetail ?? "truncated";
  const claimOf = createClaims(options.fingerprintKeys);
  const observer = {
    // The members of its lines are known, and redaction would take longer than writing them.
    logger: logger.child({}, { redact: [] }),
    ...{ metrics, now: options.now ?? (() => performance.now()) },
    addressOf: createAddressOf(options.trustedProxies ?? []),
    addressDetail,
  };
  const meterOf = createRateMeters(options.rateLimits ?? {}, observer.now);
  const lanes = createCompanyLanes(options.companyLanes ?? { max: Number.POSITIVE_INFINITY, waitMs: 0 });

  async function answer<Answer>(call: Call<Answer>, record: CallRecord, time: CallTime): Promise<Answer> {
    // A call that waits for third-party systems would make other calls of its company wait for them.
    const turn = rpcs.get(call.method)?.actsElsewhere ? freeTurn : lanes.turn(time.signal);
    let bytes = 0;
    try {
      const answer = await answerInTurn(call, record, { ...time, turn });
      bytes = encodedBytes(answer);
      return answer;
    } finally {
      turn.end(bytes);
    }
  }

  async function answerInTurn<Answer>(
    call: Call<Answer>,
    record: CallRecord,
    { signal, deadlineMs, turn }: CallTime & { readonly turn: Turn },
  ): Promise<Answer> {
    const { method } = call;
    const rpc = rpcNameOf(method);
    const known = rpcs.get(method);
    if (known === undefined) throw notImplemented(rpc);
    const { scope, scopes, fields } = known;
    if (call.isCrossSite === true && !isReadOnly(method)) throw crossSiteRequest(call.header(originHeader));
    const meter = meterOf((name, value) => call.setHeader(name, value));
    const principal = await admit(call, record, { scopes, meter });
    const sole = soleCompanyOf(principal);
    if (sole !== undefined) record.companyId = sole;
    if (sole !== undefined) meter.charge("company", sole);
    if (sole !== undefined) await turn.enter(sole);

    const handler = handlers.get(rpc);
    if (!handler) throw notImplemented(rpc);
    const { message: request, emptyMembers, repeated, readBack } = call.decode();
    record.resourceIds = resourceIdsOf(method, request);
    const company = companyOf(fields, request);
    if (company !== undefined) {
      checkCompany(company, principal, scope);
      record.companyId = company;
    }
    if (company !== undefined && sole === undefined && principal.companies.has(company)) {
      meter.charge("company", company);
      await turn.enter(company);
    }
    checkLocations(fields, request, principal);
    const headers = { key: call.header(idempotencyKeyHeader), company: call.header(companyHeader) };
    const claim = claimOf(method, request, headers, emptyMembers);

    const context: Context = {
      method,
      principal,
      signal,
      deadlineMs,
      ...(emptyMembers === undefined ? {} : { emptyMembers }),
      ...(call.responseBody === undefined ? {} : { responseBody: call.responseBody }),
      write: {
        rpc,
        requestId: record.requestId,
        keyId: principal.keyId,
        companies: writableCompanies(principal, company),
        ...(principal.staff ? { staff: principal.staff } : {}),
        ip: record.clientAddress,
        recordedAddress: recordedAddress(record.clientAddress, addressDetail),
        ...(claim ? { claim } : {}),
        signal,
      },
      setHeader: (name, value) => call.setHeader(name, value),
    };
    const refusal = repeated && (await repeatedRefusal(repeated, { handlers, readBack, request, context, company }));
    // The retry of a request that took effect is answered, whatever has changed since.
    if (refusal && !claim) throw refusal;
    const result = await handler(request, refusal ? { ...context, write: { ...context.write, refusal } } : context);
    if (claim?.replayed) call.setHeader(idempotencyReplayedHeader, "true");
    record.resourceIds = resourceIdsOf(method, request, result);
    const answer = call.encode(result);
    return fitting(call, result, answer instanceof Promise ? await answer : answer);
  }

  async function admit(
    call: Call<unknown>,
    record: CallRecord,
    { scopes, meter }: { readonly scopes: readonly Scope[]; readonly meter: RateMeter },
  ) {
    const grant = await identify(call, record);
    meter.charge("key", grant.principal.keyId);
    return authorize(grant, { scopes, company: call.header(companyHeader) });
  }

  async function identify(call: Call<unknown>, record: CallRecord) {
    try {
      const grant = await authenticate(call.header("authorization"), keys, record.clientAddress);
      record.keyId = grant.principal.keyId;
      checkAddress(grant, record.clientAddress);
      return grant;
    } catch (error) {
      if (error instanceof DomainError && failedAuthentications.has(error.reason))
        record.failedAuthentication = error.reason;
      throw error;
    }
  }

  function limitsOf(call: Call<unknown>): Limits {
    const { method } = call;
    const actsElsewhere = rpcs.get(method)?.actsElsewhere === true;
    const isClaimed = call.header(idempotencyKeyHeader) !== undefined && !actsElsewhere;
    return {
      maxDurationMs,
      actsElsewhere,
      isRepeatable: isReadOnly(method) || isClaimed,
      ...(drainDeadline ? { drainDeadline } : {}),
    };
  }

  return (call) =>
    observe(call, observer, (record) =>
      withinDeadline(call, limitsOf(call), (signal, deadlineMs) => answer(call, record, { signal, deadlineMs })),
    );
}

/** The response; one that is too large for a client without some of its parts, which a header names. */
function fitting<Answer>(
  call: Call<Answer>,
  result: MessageInitShape<DescMessage>,
  whole: Answer,
): Answer | Promise<Answer> {
  if (encodedBytes(whole) <= maxResponseBytes) return whole;
  const message = create(call.method.output, result);
  call.setHeader(omittedHeader, omittedPaths(shorten(message)));
  return call.encode(message);
}

/** RATE_LIMITED is here the limit of the address: a key is charged once it is known. */
const failedAuthentications: ReadonlySet<Reason> = new Set([
  "KEY_MISSING",
  "KEY_UNKNOWN",
  "KEY_EXPIRED",
  "KEY_REVOKED",
  "IP_NOT_ALLOWED",
  "RATE_LIMITED",
]);

function soleCompanyOf({ companies }: Principal): string | undefined {
  const [only] = companies.keys();
  return companies.size === 1 ? only : undefined;
}

type CallTime = Pick<Context, "signal" | "deadlineMs">;

function notImplemented(rpc: string): DomainError {
  return new DomainError("METHOD_NOT_IMPLEMENTED", `${rpc} is not implemented.`, { metadata: { rpc } });
}
