import { createHash } from "node:crypto";
import { requireCompanyAccess, requireCompanyWrite } from "../../core/access.js";
import {
  type CompanyResource,
  type CompanyResourceQuery,
  requireActive,
  requireFound,
} from "../../core/company-resource.js";
import { throwIfInvalid } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import type {
  OutboundCalls,
  OutboundFailureResult,
  OutboundRequest,
  OutboundResponse,
} from "../../core/outbound-call.js";
import type { Principal } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type {
  ExternalApi,
  ExternalApiRepository,
  ExternalApiUpdate,
  Invocation,
  InvocationInput,
  NewExternalApi,
} from "./external-api.model.js";
import { toInvocation } from "./external-api-answer.service.js";
import { newRecord, updatedRecord } from "./external-api-change.service.js";
import { type ExternalApiFaults, externalApiFaults } from "./external-api-check.service.js";
import { buildRequest, hasHeader, paramViolations } from "./external-api-invocation.service.js";
import { createSecretMasker } from "./secret-mask.service.js";

/** The result of testing a configuration. Secrets are masked. */
export interface ApiTest {
  readonly invocation: Invocation;
  readonly request: OutboundRequest;
  readonly answer: OutboundResponse | OutboundFailureResult;
}

interface Dependencies {
  readonly externalApis: ExternalApiRepository;
  readonly outbound: OutboundCalls;
}

const resource = "ExternalApi";

export type ExternalApis = ReturnType<typeof createExternalApis>;

/** External APIs of a company. An API key limited to locations can read and call them. */
export function createExternalApis({ externalApis: repository, outbound }: Dependencies) {
  const faults: ExternalApiFaults = (draft, within = inResource) =>
    externalApiFaults(draft, { within, targetFault: outbound.targetFault });

  /** The unmasked request and response. `mask` masks secrets. */
  const perform = async (
    { params, idempotencyKey, deadlineMs, ...target }: InvocationInput,
    principal: Principal,
    signal: AbortSignal,
  ) => {
    requireCompanyAccess(principal, target.companyId);
    const found = await repository.findForCall(target, signal);
    const api = requireActive(found?.api, resource, target.id);
    const secrets = found?.secrets ?? new Map();
    throwIfInvalid(paramViolations(api, params));
    const whole = withIdempotencyKey(buildRequest(api, params, secrets), principal, idempotencyKey);
    const request = { ...whole, timeoutMs: limitOf(api, deadlineMs) };
    const answer = await outbound.call(request, signal);
    const mask = createSecretMasker(secrets.values());
    return { invocation: await toInvocation(answer, api.outputParams, mask), request, answer, mask };
  };

  return {
    faults,

    async create(input: NewExternalApi, principal: Principal, write: WriteContext) {
      const { companyId, id = newId(idPrefixes.externalApi), ...given } = input;
      requireCompanyWrite(principal, companyId, "callcenter:write");
      return repository.create({ companyId, id }, newRecord(given), write);
    },

    /** The configuration, archived or not. Throws RESOURCE_NOT_FOUND, COMPANY_NOT_ALLOWED. */
    async get(target: CompanyResource, principal: Principal, signal: AbortSignal) {
      requireCompanyAccess(principal, target.companyId);
      return requireFound(await repository.find(target, signal), resource, target.id);
    },

    async list(query: CompanyResourceQuery, principal: Principal, signal: AbortSignal) {
      requireCompanyAccess(principal, query.companyId);
      return repository.list(query, signal);
    },

    async update(update: ExternalApiUpdate, principal: Principal, write: WriteContext) {
      const { companyId, id } = update;
      requireCompanyWrite(principal, companyId, "callcenter:write");
      return repository.change({ companyId, id }, write, (current) =>
        updatedRecord(requireActive(current, resource, id), update, faults),
      );
    },

    async setArchived(target: CompanyResource, archived: boolean, principal: Principal, write: WriteContext) {
      requireCompanyWrite(principal, target.companyId, "callcenter:write");
      return repository.change(target, write, (current) =>
        requireFound(current, resource, target.id).archived === archived ? undefined : { archived },
      );
    },

    /**
     * Sends the request and returns how it ended. Rejects only for errors on this side: RESOURCE_NOT_FOUND,
     * RESOURCE_ARCHIVED, and INVALID_REQUEST for parameters that are unknown, missing or of the wrong type
     * (`params["x"]`).
     */
    async invoke(input: InvocationInput, principal: Principal, signal: AbortSignal) {
      return (await perform(input, principal, signal)).invocation;
    },

    /** The same, with the request and response that were transferred. */
    async test(input: InvocationInput, principal: Principal, signal: AbortSignal): Promise<ApiTest> {
      const { invocation, request, answer, mask } = await perform(input, principal, signal);
      const hidden = (headers: OutboundRequest["headers"]) =>
        headers.map(([name, value]) => [mask(name), mask(value)] as const);
      return {
        invocation,
        request: { ...request, headers: hidden(request.headers) },
        answer:
          answer.kind === "failed" ? answer : { ...answer, headers: hidden(answer.headers), body: mask(answer.body) },
      };
    },
  };
}

/**
 * A call that has less than half of its configured time keeps the configured limit, and its client cancels it. A
 * timeout would count as a failure of the external API and open its circuit breaker.
 */
function limitOf({ timeoutMs }: Pick<ExternalApi, "timeoutMs">, deadlineMs = Number.POSITIVE_INFINITY): number {
  const leftMs = deadlineMs - performance.now();
  return leftMs < timeoutMs / 2 ? timeoutMs : Math.min(timeoutMs, leftMs);
}

function inResource(list: string): string {
  return list;
}

/**
 * Lets the third-party system detect retries. It receives a hash, so the client's own key stays private, and equal keys
 * of two API keys differ. A configured header has precedence.
 */
function withIdempotencyKey(request: OutboundRequest, { keyId }: Principal, key: string | undefined): OutboundRequest {
  if (key === undefined || hasHeader(request.headers, "idempotency-key")) return request;
  const { companyId, externalApiId } = request;
  const hash = createHash("sha256")
    .update(JSON.stringify([companyId, externalApiId, keyId, key]))
    .digest("hex");
  return { ...request, headers: [...request.headers, ["idempotency-key", hash]] };
}
