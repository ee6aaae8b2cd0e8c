import { createHash } from "node:crypto";
import { assertWholeCompany, reachOf } from "../../core/access.js";
import { archived, notFound, refuse, type Violation } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import type { NoOutboundAnswer, OutboundAnswer, OutboundCalls, OutboundRequest } from "../../core/outbound-call.js";
import type { Caller } from "../../core/principal.js";
import type { Write } from "../../core/write.js";
import type { ExternalApi, ExternalApiTarget } from "./external-api.model.js";
import type { Invocation, InvocationInput } from "./external-api-call.service.js";
import {
  type ExternalApiUpdate,
  type NewExternalApi,
  newRecord,
  updatedRecord,
} from "./external-api-change.service.js";
import { type ExternalApiDraft, externalApiFaults, type FaultOptions } from "./external-api-check.service.js";
import { buildRequest, hasHeader, paramViolations } from "./external-api-request.service.js";
import { toInvocation } from "./external-api-response.service.js";
import type { ExternalApiQuery, ExternalApiRepository } from "./external-api-store.model.js";
import { createMask } from "./secret-masker.service.js";

/** What a test of a configuration shows; no secret is in it. */
export interface ApiTest {
  readonly invocation: Invocation;
  readonly request: OutboundRequest;
  readonly answer: OutboundAnswer | NoOutboundAnswer;
}

/** Systems of others that a company has configured. */
export interface ExternalApis {
  /** Everything that is wrong with what a caller wants a configuration to be, as far as it is said. */
  faults(draft: ExternalApiDraft, within?: FaultOptions["within"]): readonly Violation[];
  create(input: NewExternalApi, caller: Caller, write: Write): Promise<ExternalApi>;
  update(input: ExternalApiUpdate, caller: Caller, write: Write): Promise<ExternalApi>;
  setArchived(target: ExternalApiTarget, archived: boolean, caller: Caller, write: Write): Promise<ExternalApi>;
  list(query: ExternalApiQuery, caller: Caller, signal: AbortSignal): Promise<readonly ExternalApi[]>;
  /** The configuration, archived or not. RESOURCE_NOT_FOUND, COMPANY_NOT_ALLOWED. */
  find(caller: Caller, target: ExternalApiTarget, signal: AbortSignal): Promise<ExternalApi>;
  /**
   * Sends the request and says how it ended; rejects for what is wrong on our side alone: RESOURCE_NOT_FOUND,
   * RESOURCE_ARCHIVED, and INVALID_REQUEST for params that are unknown, missing or of another type (`params["x"]`).
   */
  invoke(caller: Caller, input: InvocationInput, signal: AbortSignal): Promise<Invocation>;
  /** The same, and what went over the wire. */
  test(caller: Caller, input: InvocationInput, signal: AbortSignal): Promise<ApiTest>;
}

export interface ExternalApiDependencies {
  readonly externalApis: ExternalApiRepository;
  readonly outbound: OutboundCalls;
}

const resource = "External API";

export function createExternalApis({ externalApis: repository, outbound }: ExternalApiDependencies): ExternalApis {
  const faults: ExternalApis["faults"] = (draft, within = inResource) =>
    externalApiFaults(draft, { within, targetFault: outbound.targetFault });

  const find = async (target: ExternalApiTarget, signal: AbortSignal) => {
    const found = await repository.findForCall(target, signal);
    if (!found) throw notFound(resource, target.id);
    if (found.api.archived) throw archived(resource, target.id);
    return found;
  };

  /** The call as it was, secrets included; `mask` hides them. */
  const perform = async (
    caller: Caller,
    { params, idempotencyKey, ...target }: InvocationInput,
    signal: AbortSignal,
  ) => {
    reachOf(caller, target.companyId);
    const { api, secrets } = await find(target, signal);
    refuse(paramViolations(api, params));
    const request = withIdempotencyKey(buildRequest(api, params, secrets), caller, idempotencyKey);
    const answer = await outbound.call(request, signal);
    const mask = createMask(secrets.values());
    return { invocation: withMaskedOutputs(await toInvocation(answer, api.outputParams), mask), request, answer, mask };
  };

  return {
    faults,

    async create({ companyId, id = newId(idPrefixes.externalApi), ...given }, caller, write) {
      assertWholeCompany(reachOf(caller, companyId), "callcenter:write");
      return repository.create({ companyId, id }, newRecord(given), write);
    },

    async update(update, caller, write) {
      assertWholeCompany(reachOf(caller, update.companyId), "callcenter:write");
      const decide = (current: ExternalApi | undefined) => {
        if (!current) throw notFound(resource, update.id);
        if (current.archived) throw archived(resource, update.id);
        return updatedRecord(current, update, faults);
      };
      return repository.change({ companyId: update.companyId, id: update.id }, decide, write);
    },

    async setArchived(target, isArchived, caller, write) {
      assertWholeCompany(reachOf(caller, target.companyId), "callcenter:write");
      return repository.setArchived(target, isArchived, write);
    },

    async list(query, caller, signal) {
      reachOf(caller, query.companyId);
      return repository.list(query, signal);
    },

    async find(caller, target, signal) {
      reachOf(caller, target.companyId);
      const api = await repository.find(target, signal);
      if (!api) throw notFound(resource, target.id);
      return api;
    },

    invoke: async (caller, input, signal) => (await perform(caller, input, signal)).invocation,

    async test(caller, input, signal) {
      const { invocation, request, answer, mask } = await perform(caller, input, signal);
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
 * Lets the other system tell a repeated call. It sees a hash: the caller's own text stays between the caller and us, and
 * two keys that choose the same text are not taken for one. A header that is configured goes before.
 */
function withIdempotencyKey(request: OutboundRequest, { keyId }: Caller, key: string | undefined): OutboundRequest {
  if (key === undefined || hasHeader(request.headers, "idempotency-key")) return request;
  const { companyId, externalApiId } = request;
  const hash = createHash("sha256")
    .update(JSON.stringify([companyId, externalApiId, keyId, key]))
    .digest("hex");
  return { ...request, headers: [...request.headers, ["idempotency-key", hash]] };
}

/** Another system may send back what it was sent. */
function withMaskedOutputs(invocation: Invocation, mask: (text: string) => string): Invocation {
  const outputs = Object.entries(invocation.outputs).map(([name, value]) => [name, mask(value)]);
  return { ...invocation, outputs: Object.fromEntries(outputs) };
}
