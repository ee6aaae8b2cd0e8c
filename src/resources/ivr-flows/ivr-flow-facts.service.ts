import { DomainError } from "../../core/errors.js";
import type { Principal } from "../../core/principal.js";
import type { CallerRepository } from "../callers/caller.model.js";
import type { ExternalApi } from "../external-apis/external-api.model.js";
import type { ExternalApis } from "../external-apis/external-api.service.js";
import type { FlowDefinition } from "./ivr-flow.model.js";
import type { ExternalApiSummary, FlowCheckContext } from "./ivr-flow-check.service.js";
import { returnedKeys, returnsEverything } from "./ivr-flow-variables.service.js";

interface Asking {
  readonly companyId: string;
  readonly principal: Principal;
  readonly signal: AbortSignal;
}

type FlowFacts = Omit<FlowCheckContext, "usedBefore">;

interface Dependencies {
  readonly callers: Pick<CallerRepository, "fieldIds">;
  readonly externalApis: Pick<ExternalApis, "get">;
}

const noFacts: FlowFacts = { customerFieldIds: [], externalApis: new Map() };

/** What the company of a flow has: custom fields and external APIs. */
export function createFlowFacts({ callers, externalApis }: Dependencies) {
  const read = async (nodes: FlowDefinition["nodes"], { companyId, principal, signal }: Asking): Promise<FlowFacts> => {
    const apis = new Map<string, ExternalApiSummary>();
    for (const id of externalApisOf(nodes)) {
      const api = await externalApis.get({ companyId, id }, principal, signal).catch(absent);
      if (api) apis.set(id, toFacts(api));
    }
    return { externalApis: apis, customerFieldIds: await callers.fieldIds(companyId, signal) };
  };

  return {
    read,

    /**
     * The names of all variables that a run can return. Without those that depend on the facts if the database does not
     * respond: the result of a run must not be lost for the names of what it did not set.
     */
    async returnedKeys(definition: FlowDefinition, asking: Asking): Promise<readonly string[]> {
      const facts = returnsEverything(definition) ? await read(definition.nodes, asking).catch(() => noFacts) : noFacts;
      return returnedKeys(definition, facts);
    },
  };
}

export function externalApisOf(nodes: FlowDefinition["nodes"]): ReadonlySet<string> {
  return new Set(nodes.flatMap((node) => (node.kind === "external_api" ? [node.externalApiId] : [])));
}

function toFacts({ archived, requestParams, outputParams }: ExternalApi): ExternalApiSummary {
  return {
    archived,
    params: new Map(
      requestParams.map(({ name, required, defaultValue }) => [name, required && defaultValue === undefined]),
    ),
    outputs: outputParams.map(({ name }) => name),
  };
}

function absent(error: unknown): undefined {
  if (error instanceof DomainError && error.reason === "RESOURCE_NOT_FOUND") return undefined;
  throw error;
}
