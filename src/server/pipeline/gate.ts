import type { DescService, Message } from "@bufbuild/protobuf";
import type { Logger } from "pino";
import type { Context } from "../../api/rpc.js";
import { type AddressDetail, recordedAddress } from "../../core/client-address.js";
import { DomainError, type Reason } from "../../core/errors.js";
import type { KeyChecker } from "../../core/key-grants.js";
import type { Principal, Scope } from "../../core/principal.js";
import type { IdempotencyClaim } from "../../core/write.js";
import { type AccessFields, accessFieldsOf, checkLocations, companyOf } from "./access-fields.js";
import { authenticate } from "./authenticate.js";
import { authorize, checkAddress, checkCompany, companyHeader, writableCompanies } from "./authorize.js";
import type { Decoded, IncomingCall, ServedMethod } from "./call.js";
import { createAddressOf } from "./client-address.js";
import { forwardsIdempotencyKey, importsRecords, isReadOnly, rpcNameOf, scopesOf } from "./contract.js";
import { crossSiteRequest, originHeader } from "./cross-site.js";
import type { CallMetrics, CallRecord, Observer } from "./observe.js";
import { createRateMeters, type RateLimits } from "./rate-limit.js";
import { resourceIdsOf } from "./resource-ids.js";

export interface GateOptions {
  readonly services: readonly DescService[];
  readonly keys: KeyChecker;
  readonly logger: Logger;
  readonly metrics: CallMetrics;
  /** Addresses and ranges whose `x-forwarded-for` is trusted. */
  readonly trustedProxies?: readonly string[];
  /** How much of the client's address is recorded; default: truncated. */
  readonly addressDetail?: AddressDetail;
  /** Default: no limits. */
  readonly rateLimits?: RateLimits;
  /** Milliseconds of a monotonic clock; default: the process clock. */
  readonly now?: () => number;
}

/** What the contract says of an rpc. */
interface Rules {
  readonly scope: Scope;
  readonly scopes: readonly Scope[];
  readonly fields: AccessFields;
  readonly actsElsewhere: boolean;
}

/** A request that was let in. */
interface Entered {
  readonly rpc: string;
  readonly principal: Principal;
  readonly request: Message;
  readonly decoded: Decoded;
  /** The company that the request names. */
  readonly company: string | undefined;
}

interface EnterOptions {
  /** Whether the rpc has a handler. */
  readonly isHandled: (rpc: string) => boolean;
  /** Called once the company is known. */
  readonly enter: (companyId: string) => Promise<void> | undefined;
}

type CallTime = Pick<Context, "signal" | "deadlineMs">;

/** What every request passes before its handler, whether it has one response or a stream of them. */
export interface Gate {
  readonly observer: Observer;
  rulesOf(method: ServedMethod): Rules | undefined;
  /** cross-site > authenticate > authorize > decode > company, locations. Throws DomainError. */
  enter(call: IncomingCall, record: CallRecord, options: EnterOptions): Promise<Entered>;
  contextOf(
    call: IncomingCall,
    record: CallRecord,
    entered: Entered &
      CallTime &
      Pick<Context, "responseBody" | "items"> & { readonly claim?: IdempotencyClaim | undefined },
  ): Context;
}

/** @throws Error at startup for an rpc without a scope, or with an access option where it is not checked */
export function createGate(options: GateOptions): Gate {
  const { keys, logger, metrics } = options;
  // Read once: reading an option of the contract takes longer than a cached key check.
  const rules = new Map<ServedMethod, Rules>(
    [...scopesOf(options.services)].map(([method, scope]) => [
      method,
      {
        scope,
        scopes: importsRecords(method) ? [scope, "record:import"] : [scope],
        fields: accessFieldsOf(method.input),
        actsElsewhere: forwardsIdempotencyKey(method),
      },
    ]),
  );
  const addressDetail = options.addressDetail ?? "truncated";
  const observer = {
    // The members of its lines are known, and redaction would take longer than writing them.
    logger: logger.child({}, { redact: [] }),
    ...{ metrics, now: options.now ?? (() => performance.now()) },
    addressOf: createAddressOf(options.trustedProxies ?? []),
    addressDetail,
  };
  const meterOf = createRateMeters(options.rateLimits ?? {}, observer.now);

  async function identify(call: IncomingCall, record: CallRecord) {
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

  return {
    observer,
    rulesOf: (method) => rules.get(method),

    async enter(call, record, { isHandled, enter }) {
      const { method } = call;
      const rpc = rpcNameOf(method);
      const known = rules.get(method);
      if (known === undefined) throw notImplemented(rpc);
      const { scope, scopes, fields } = known;
      if (call.isCrossSite === true && !isReadOnly(method)) throw crossSiteRequest(call.header(originHeader));
      const meter = meterOf((name, value) => call.setHeader(name, value));
      const grant = await identify(call, record);
      meter.charge("key", grant.principal.keyId);
      const principal = authorize(grant, { scopes, company: call.header(companyHeader) });
      const sole = soleCompanyOf(principal);
      if (sole !== undefined) record.companyId = sole;
      if (sole !== undefined) meter.charge("company", sole);
      if (sole !== undefined) await enter(sole);

      if (!isHandled(rpc)) throw notImplemented(rpc);
      const decoded = call.decode();
      const request = decoded.message;
      record.resourceIds = resourceIdsOf(method, request);
      const company = companyOf(fields, request);
      if (company !== undefined) {
        checkCompany(company, principal, scope);
        record.companyId = company;
      }
      if (company !== undefined && sole === undefined && principal.companies.has(company)) {
        meter.charge("company", company);
        await enter(company);
      }
      checkLocations(fields, request, principal);
      return { rpc, principal, request, decoded, company };
    },

    contextOf(call, record, { rpc, principal, decoded, company, signal, deadlineMs, claim, responseBody, items }) {
      const { emptyMembers } = decoded;
      return {
        method: call.method,
        principal,
        signal,
        deadlineMs,
        ...(emptyMembers === undefined ? {} : { emptyMembers }),
        ...(responseBody === undefined ? {} : { responseBody }),
        items,
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
    },
  };
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

export function notImplemented(rpc: string): DomainError {
  return new DomainError("METHOD_NOT_IMPLEMENTED", `${rpc} is not implemented.`, { metadata: { rpc } });
}
