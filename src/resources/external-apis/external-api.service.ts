import { createHash } from "node:crypto";
import { archivedError, notFoundError, throwIfInvalid } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import type {
  OutboundCalls,
  OutboundFailureResult,
  OutboundRequest,
  OutboundResponse,
} from "../../core/outbound-call.js";
import { type Principal, requireCompanyAccess, requireCompanyWideAccess } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { ExternalApi, ExternalApiTarget, ExternalApiUpdate, NewExternalApi } from "./external-api.model.js";
import type { Invocation, InvocationInput } from "./external-api-call.service.js";
import { newRecord, updatedRecord } from "./external-api-change.service.js";
import { type ExternalApiFaults, externalApiFaults } from "./external-api-check.service.js";
import { buildRequest, hasHeader, paramViolations } from "./external-api-request.service.js";
import { toInvocation } from "./external-api-response.service.js";
import type { ExternalApiQuery, ExternalApiRepository } from "./external-api-store.model.js";
import { createSecretMasker } from "./secret-masker.service.js";

/** The result of testing a configuration. Secrets are masked. */
export interface ApiTest {
  readonly invocation: Invocation;
  readonly request: OutboundRequest;
  readonly answer: OutboundResponse | OutboundFailureResult;
}

/** External APIs of a company. */
export interface ExternalApis {
  readonly faults: ExternalApiFaults;
  create(input: NewExternalApi, principal: Principal, write: WriteContext): Promise<ExternalApi>;
  update(input: ExternalApiUpdate, principal: Principal, write: WriteContext): Promise<ExternalApi>;
  setArchived(
    target: ExternalApiTarget,
    archived: boolean,
    principal: Principal,
    write: WriteContext,
  ): Promise<ExternalApi>;
  list(query: ExternalApiQuery, principal: Principal, signal: AbortSignal): Promise<readonly ExternalApi[]>;
  /** The configuration, archived or not. Throws RESOURCE_NOT_FOUND, COMPANY_NOT_ALLOWED. */
  find(principal: Principal, target: ExternalApiTarget, signal: AbortSignal): Promise<ExternalApi>;
  /**
   * Sends the request and returns how it ended. Rejects only for errors on this side: RESOURCE_NOT_FOUND,
   * RESOURCE_ARCHIVED, and INVALID_REQUEST for parameters that are unknown, missing or of the wrong type
   * (`params["x"]`).
   */
  invoke(principal: Principal, input: InvocationInput, signal: AbortSignal): Promise<Invocation>;
  /** The same, with the request and response that were transferred. */
  test(principal: Principal, input: InvocationInput, signal: AbortSignal): Promise<ApiTest>;
}

export interface ExternalApiDependencies {
  readonly externalApis: ExternalApiRepository;
  readonly outbound: OutboundCalls;
}

const resource = "ExternalApi";

export function createExternalApis({ externalApis: repository, outbound }: ExternalApiDependencies): ExternalApis {
  const faults: ExternalApis["faults"] = (draft, within = inResource) =>
    externalApiFaults(draft, { within, targetFault: outbound.targetFault });

  const find = async (target: ExternalApiTarget, signal: AbortSignal) => {
    const found = await repository.findForCall(target, signal);
    if (!found) throw notFoundError(resource, target.id);
    if (found.api.archived) throw archivedError(resource, target.id);
    return found;
  };

  /** The unmasked request and response. `mask` masks secrets. */
  const perform = async (
    principal: Principal,
    { params, idempotencyKey, ...target }: InvocationInput,
    signal: AbortSignal,
  ) => {
    requireCompanyAccess(principal, target.companyId);
    const { api, secrets } = await find(target, signal);
    throwIfInvalid(paramViolations(api, params));
    const request = withIdempotencyKey(buildRequest(api, params, secrets), principal, idempotencyKey);
    const answer = await outbound.call(request, signal);
    const mask = createSecretMasker(secrets.values());
    return { invocation: withMaskedOutputs(await toInvocation(answer, api.outputParams), mask), request, answer, mask };
  };

  return {
    faults,

    async create({ companyId, id = newId(idPrefixes.externalApi), ...given }, principal, write) {
      requireCompanyWideAccess(requireCompanyAccess(principal, companyId), "callcenter:write");
      return repository.create({ companyId, id }, newRecord(given), write);
    },

    async update(update, principal, write) {
      requireCompanyWideAccess(requireCompanyAccess(principal, update.companyId), "callcenter:write");
      const decide = (current: ExternalApi | undefined) => {
        if (!current) throw notFoundError(resource, update.id);
        if (current.archived) throw archivedError(resource, update.id);
        return updatedRecord(current, update, faults);
      };
      return repository.change({ companyId: update.companyId, id: update.id }, decide, write);
    },

    async setArchived(target, isArchived, principal, write) {
      requireCompanyWideAccess(requireCompanyAccess(principal, target.companyId), "callcenter:write");
      return repository.setArchived(target, isArchived, write);
    },

    async list(query, principal, signal) {
      requireCompanyAccess(principal, query.companyId);
      return repository.list(query, signal);
    },

    async find(principal, target, signal) {
      requireCompanyAccess(principal, target.companyId);
      const api = await repository.find(target, signal);
      if (!api) throw notFoundError(resource, target.id);
      return api;
    },

    invoke: async (principal, input, signal) => (await perform(principal, input, signal)).invocation,

    async test(principal, input, signal) {
      const { invocation, request, answer, mask } = await perform(principal, input, signal);
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

/** A third-party system may send back what it received. */
function withMaskedOutputs(invocation: Invocation, mask: (text: string) => string): Invocation {
  const outputs = Object.entries(invocation.outputs).map(([name, value]) => [name, mask(value)]);
  return { ...invocation, outputs: Object.fromEntries(outputs) };
}
