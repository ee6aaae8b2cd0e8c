import { create, type DescService } from "@bufbuild/protobuf";
import type { Logger } from "pino";
import type { Context, HandlerRegistry } from "../../api/rpc.js";
import { DomainError } from "../../core/errors.js";
import type { KeyChecker } from "../../core/key-grants.js";
import type { Caller, Scope } from "../../core/principal.js";
import { addressSet, callerAddress } from "./address.js";
import { authenticate } from "./authenticate.js";
import { authorise, checkAddress, checkCompany, companyHeader, companyOf } from "./authorize.js";
import type { Call, Run } from "./call.js";
import { isReading, passesOnKey, rpcNameOf, scopesOf } from "./contract.js";
import { type Limits, withinDeadline } from "./deadline.js";
import type { CutOff } from "./drain-deadline.js";
import {
  createClaims,
  type FingerprintKeys,
  idempotencyKeyHeader,
  idempotencyReplayedHeader,
} from "./idempotency-key.js";
import { checkLocations } from "./locations.js";
import { type CallMetrics, type CallRecord, observe } from "./observe.js";
import { createRateMeters, type RateLimits, type RateMeter } from "./rate-limit.js";

const defaultMaxDurationMs = 30_000;

export interface PipelineOptions {
  /** Everything that is served. */
  readonly services: readonly DescService[];
  /** An rpc without a handler answers METHOD_NOT_IMPLEMENTED. */
  readonly handlers: HandlerRegistry;
  readonly keys: KeyChecker;
  readonly fingerprintKeys: FingerprintKeys;
  readonly logger: Logger;
  readonly metrics: CallMetrics;
  /** Addresses and ranges whose `x-forwarded-for` tells the caller's address. */
  readonly trustedProxies?: readonly string[];
  /** No limit unless given. */
  readonly rateLimits?: RateLimits;
  /** When the calls still under way are given up; never unless given. */
  readonly cutOff?: CutOff;
  /** Longest time any call may take; 30 seconds unless given. */
  readonly maxDurationMs?: number;
  /** Milliseconds of a clock that is never set; the process clock unless given. */
  readonly now?: () => number;
}

/**
 * The one way from every transport to the handlers:
 * observe > authenticate > authorise > decode > company, locations > idempotency > handler > error table.
 *
 * A call is charged to its key once it may be used from the caller's address, so that a stolen one of another network
 * cannot use up its owner's rate, and before anything else is done for it. It is charged to its company as soon as that is
 * known: before decoding by a key of one company or the header that names one, else by the decoded request; a call of a key
 * of several companies that names none is charged to its key alone.
 *
 * @throws Error at start-up for an rpc without a scope
 */
export function createPipeline(options: PipelineOptions): Run {
  const { handlers, keys, logger, metrics, cutOff, maxDurationMs = defaultMaxDurationMs } = options;
  const scopes = scopesOf(options.services);
  const claimOf = createClaims(options.fingerprintKeys);
  const trusted = addressSet(options.trustedProxies ?? []);
  const observer = { logger, metrics, now: options.now ?? (() => performance.now()) };
  const meterOf = createRateMeters(options.rateLimits ?? {}, observer.now);

  async function answer<Answer>(call: Call<Answer>, record: CallRecord, time: CallTime): Promise<Answer> {
    const { signal, deadlineMs } = time;
    const { method } = call;
    const rpc = rpcNameOf(method);
    const scope = scopes.get(method);
    if (scope === undefined) throw notImplemented(rpc);
    const meter = meterOf((name, value) => call.setHeader(name, value));
    const caller = await admit(call, record, { scope, meter });
    const sole = soleCompanyOf(caller);
    if (sole !== undefined) meter.charge("company", sole);

    const handler = handlers.get(rpc);
    if (!handler) throw notImplemented(rpc);
    const request = call.decode();
    checkCompany(method.input, request, caller, scope);
    const named = sole === undefined ? companyOf(method.input, request) : undefined;
    if (named !== undefined && caller.companies.has(named)) meter.charge("company", named);
    checkLocations(method.input, request, caller);
    const claim = claimOf(method, request, {
      key: call.header(idempotencyKeyHeader),
      company: call.header(companyHeader),
    });

    const context: Context = {
      method,
      caller,
      signal,
      deadlineMs,
      write: {
        rpc,
        requestId: record.requestId,
        keyId: caller.keyId,
        ...(caller.staff ? { staff: caller.staff } : {}),
        ip: addressOf(call),
        ...(claim ? { claim } : {}),
        signal,
      },
      setHeader: (name, value) => call.setHeader(name, value),
    };
    const result = await handler(request, context);
    if (claim?.replayed) call.setHeader(idempotencyReplayedHeader, "true");
    return call.encode(create(method.output, result));
  }

  async function admit(call: Call<unknown>, record: CallRecord, { scope, meter }: { scope: Scope; meter: RateMeter }) {
    const grant = await authenticate(call.header("authorization"), keys);
    const { keyId } = grant.caller;
    record.keyId = keyId;
    checkAddress(grant, addressOf(call));
    meter.charge("key", keyId);
    return authorise(grant, { scope, company: call.header(companyHeader) });
  }

  function addressOf(call: Call<unknown>): string {
    return callerAddress(call.peerAddress, call.header("x-forwarded-for"), trusted);
  }

  function limitsOf(call: Call<unknown>): Limits {
    const { method } = call;
    const actsElsewhere = passesOnKey(method);
    const isClaimed = call.header(idempotencyKeyHeader) !== undefined && !actsElsewhere;
    return {
      maxDurationMs,
      actsElsewhere,
      isRepeatable: isReading(method) || isClaimed,
      ...(cutOff ? { cutOff } : {}),
    };
  }

  return (call) =>
    observe(call, observer, (record) =>
      withinDeadline(call, limitsOf(call), (signal, deadlineMs) => answer(call, record, { signal, deadlineMs })),
    );
}

/** The only company that the call can be about. */
function soleCompanyOf({ companies }: Caller): string | undefined {
  const [only] = companies.keys();
  return companies.size === 1 ? only : undefined;
}

type CallTime = Pick<Context, "signal" | "deadlineMs">;

function notImplemented(rpc: string): DomainError {
  return new DomainError("METHOD_NOT_IMPLEMENTED", `${rpc} is not implemented.`, { metadata: { rpc } });
}
