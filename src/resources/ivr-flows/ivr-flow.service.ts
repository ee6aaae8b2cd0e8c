import { requireCompanyAccess, requireCompanyWrite } from "../../core/access.js";
import { nativeSignal } from "../../core/call-signal.js";
import {
  type CompanyResource,
  type CompanyResourceQuery,
  requireActive,
  requireFound,
} from "../../core/company-resource.js";
import { throwIfInvalid, type Violation, violation } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import type { Principal } from "../../core/principal.js";
import { requireEtag, type WriteContext } from "../../core/write.js";
import type { CallerRepository } from "../callers/caller.model.js";
import type { ExternalApis } from "../external-apis/external-api.service.js";
import {
  type FlowContent,
  type FlowDefinition,
  type FlowDraft,
  type IvrFlowRepository,
  newFlowTimeoutMs,
} from "./ivr-flow.model.js";
import { type ActionDependencies, createFlowActions } from "./ivr-flow-actions.service.js";
import { checkFlow, type FlowCheckContext } from "./ivr-flow-check.service.js";
import { createFlowFacts, externalApisOf } from "./ivr-flow-facts.service.js";
import { runOnce } from "./ivr-flow-once.service.js";
import { toViolations } from "./ivr-flow-problem.service.js";
import type { FlowRunRepository } from "./ivr-flow-run.model.js";
import { runFlow } from "./ivr-flow-run.service.js";

interface NewFlow extends Omit<FlowContent, "definition"> {
  readonly definition: FlowDraft;
  readonly companyId: string;
  /** The id to keep for a record migrated from another system. Absent: the server generates one. */
  readonly id?: string | undefined;
}

/** Absent properties are unchanged. */
interface FlowUpdate extends CompanyResource, Partial<Omit<FlowContent, "definition">> {
  readonly definition?: FlowDraft;
  readonly etag?: string | undefined;
}

/** A stored flow or a draft. */
type FlowToCheck = CompanyResource | { readonly companyId: string; readonly draft: FlowDraft };

interface FlowCall extends CompanyResource {
  readonly inputs: Readonly<Record<string, string>>;
  /** Whether the result must have `keys`. With an idempotency key it always has them: a duplicate may need them. */
  readonly needsKeys: boolean;
  /** Deadline of the request, on the clock of `performance.now()`. */
  readonly deadlineMs: number;
}

interface Dependencies extends ActionDependencies {
  readonly ivrFlows: IvrFlowRepository;
  readonly flowRuns: FlowRunRepository;
  readonly callers: Pick<CallerRepository, "fieldIds">;
  readonly externalApis: Pick<ExternalApis, "get" | "invoke">;
}

const resource = "IvrFlow";

/** Reserved from the deadline of the request, so that a run that reaches it can still be returned. */
const answerMarginMs = 250;

export type IvrFlows = ReturnType<typeof createIvrFlows>;

/** IVR flows of a company. An API key limited to locations can read and run them. */
export function createIvrFlows(dependencies: Dependencies) {
  const { ivrFlows, flowRuns, callers, externalApis } = dependencies;

  const facts = createFlowFacts({ callers, externalApis });

  const get = async ({ companyId, id }: CompanyResource, principal: Principal, signal: AbortSignal) => {
    requireCompanyAccess(principal, companyId);
    return requireFound(await ivrFlows.get({ companyId, id }, signal), resource, id);
  };

  /** The definition of a flow that can be run, and the values of all its inputs. */
  const open = async (
    target: CompanyResource,
    inputs: FlowCall["inputs"],
    { principal, signal }: { readonly principal: Principal; readonly signal: AbortSignal },
  ) => {
    const { definition } = requireActive(await get(target, principal, signal), resource, target.id);
    throwIfInvalid(inputViolations(definition, inputs));
    const given = new Map(Object.entries(inputs));
    const values = definition.inputs.map(
      ({ name, defaultValue = "" }) => [name, given.get(name) ?? defaultValue] as const,
    );
    return { definition, values: new Map(values) };
  };

  return {
    /** Throws INVALID_REQUEST at `definition` for a flow with errors, and ALREADY_EXISTS. */
    async create(flow: NewFlow, principal: Principal, write: WriteContext) {
      const { companyId, id = newId(idPrefixes.ivrFlow), definition: draft, ...texts } = flow;
      const content = { ...texts, definition: { timeoutMs: newFlowTimeoutMs, ...draft } };
      requireCompanyWrite(principal, companyId, "callcenter:write");
      const known = await facts.read(content.definition.nodes, { companyId, principal, signal: write.signal });
      return ivrFlows.create({ companyId, id, ...content }, write, () => {
        throwIfInvalid(faults(content.definition, { ...known, usedBefore: new Set() }));
      });
    },

    get,

    async list(query: CompanyResourceQuery, principal: Principal, signal: AbortSignal) {
      requireCompanyAccess(principal, query.companyId);
      return ivrFlows.list(query, signal);
    },

    /** Throws like `create`, and RESOURCE_NOT_FOUND, RESOURCE_ARCHIVED, ETAG_MISMATCH. */
    async update(update: FlowUpdate, principal: Principal, write: WriteContext) {
      const { companyId, id, etag, definition, ...texts } = update;
      requireCompanyWrite(principal, companyId, "callcenter:write");
      const known = definition && (await facts.read(definition.nodes, { companyId, principal, signal: write.signal }));
      return ivrFlows.change({ companyId, id }, write, (found) => {
        const flow = requireActive(found, resource, id);
        requireEtag(etag, flow, resource);
        if (!known) return texts;
        throwIfInvalid(faults(definition, { ...known, usedBefore: externalApisOf(flow.definition.nodes) }));
        return { ...texts, definition: { timeoutMs: flow.definition.timeoutMs, ...definition } };
      });
    },

    async setArchived(target: CompanyResource, archived: boolean, principal: Principal, write: WriteContext) {
      requireCompanyWrite(principal, target.companyId, "callcenter:write");
      return ivrFlows.change(target, write, (flow) =>
        requireFound(flow, resource, target.id).archived === archived ? undefined : { archived },
      );
    },

    async check(flow: FlowToCheck, principal: Principal, signal: AbortSignal) {
      requireCompanyAccess(principal, flow.companyId);
      const isDraft = "draft" in flow;
      const definition = isDraft ? flow.draft : (await get(flow, principal, signal)).definition;
      const known = await facts.read(definition.nodes, { companyId: flow.companyId, principal, signal });
      return checkFlow(definition, { ...known, usedBefore: isDraft ? new Set() : externalApisOf(definition.nodes) });
    },

    /**
     * Runs once per idempotency key. Throws INVALID_REQUEST at `inputs`, RESOURCE_NOT_FOUND, RESOURCE_ARCHIVED; with a
     * key also IDEMPOTENCY_KEY_REUSED, OUTCOME_UNKNOWN, RESOURCE_ERASED.
     */
    async run({ inputs, needsKeys, deadlineMs, ...target }: FlowCall, principal: Principal, write: WriteContext) {
      const { claim } = write;
      const { companyId } = target;
      const begun = performance.now();
      requireCompanyAccess(principal, companyId);
      const idempotencyKey = claim ? { idempotencyKey: claim.key } : {};
      const actions = createFlowActions(dependencies, { principal, companyId, reader: write, ...idempotencyKey });
      const [opened] = await Promise.allSettled([open(target, inputs, { principal, signal: write.signal })]);
      // A duplicate whose predecessor had no effect starts late, and then has the whole time limit of the flow.
      const endMs = (timeoutMs: number) =>
        Math.min((claim ? performance.now() : begun) + timeoutMs, deadlineMs - answerMarginMs);
      const run = async (signal: AbortSignal) => {
        if (opened.status === "rejected") throw opened.reason;
        const { definition, values } = opened.value;
        const runEndMs = endMs(definition.timeoutMs);
        const keys =
          needsKeys || claim
            ? facts.returnedKeys(definition, {
                companyId,
                principal,
                signal: AbortSignal.any([nativeSignal(signal), timeoutAt(runEndMs)]),
              })
            : undefined;
        const result = await runFlow(definition, { inputs: values, deadlineMs: runEndMs, actions }, signal);
        return keys ? { ...result, keys: await keys } : result;
      };
      if (!claim) return run(write.signal);
      // A flow that cannot be run now may have been run with this key before.
      const runMs = opened.status === "rejected" ? 0 : endMs(opened.value.definition.timeoutMs) - performance.now();
      const { hasCalled, people } = actions;
      return runOnce(flowRuns, { companyId, claim, write }, { runMs, work: { run, hasCalled, people } });
    },
  };
}

function faults(definition: FlowDraft, facts: FlowCheckContext): readonly Violation[] {
  return toViolations(checkFlow(definition, facts), "definition");
}

function inputViolations(
  { inputs: known }: FlowDefinition,
  given: Readonly<Record<string, string>>,
): readonly Violation[] {
  const unknown = Object.keys(given).filter((name) => !known.some((input) => input.name === name));
  const missing = known.filter(
    ({ name, required, defaultValue }) => required && defaultValue === undefined && !Object.hasOwn(given, name),
  );
  return [
    ...unknown.map((name) => violation(inputPath(name), "UNKNOWN_FIELD", "Unknown input.")),
    ...missing.map(({ name }) => violation(inputPath(name), "REQUIRED", "Required.")),
  ];
}

function inputPath(name: string): string {
  return `inputs[${JSON.stringify(name)}]`;
}

/** `AbortSignal.timeout` accepts only whole milliseconds. */
function timeoutAt(timeMs: number): AbortSignal {
  return AbortSignal.timeout(Math.max(0, Math.floor(timeMs - performance.now())));
}
