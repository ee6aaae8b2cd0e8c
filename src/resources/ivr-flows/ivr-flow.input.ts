import { z } from "zod";
import { companyResourceSchema, etag, fieldRule, id, list, optionalId, text } from "../../api/fields.js";
import { newResourceFields } from "../../api/import-fields.js";
import { pagination } from "../../api/page-token.js";
import { customIssue } from "../../api/parse.js";
import { protoEnum } from "../../api/proto-enum.js";
import { variableName } from "../../core/template.js";
import { nameRule, normalise, noteRule, textFault } from "../../core/text.js";
import {
  BranchNode_OperatorSchema,
  type FlowNode as FlowNodeMessage,
} from "../../gen/proto/moego/callcenter/v1/ivr_flow_pb.js";
import { answerFormat } from "../callers/caller.input.js";
import {
  type FlowDraft,
  type FlowOperator,
  flowOperators,
  maxAssignments,
  maxCases,
  maxFlowTimeoutMs,
  maxInputs,
  maxNodes,
  maxOutputs,
  maxParams,
  minFlowTimeoutMs,
  zeroFlowTimeoutMs,
} from "./ivr-flow.model.js";

/** The name of a node, or of a variable that the flow sets. */
const ownName = shaped(
  /^[A-Za-z][A-Za-z0-9_]{0,29}$/,
  "Must start with a letter, followed by up to 29 letters, digits or `_`.",
);
/** The name of a variable to read: `name` or `node_id.key`. */
const readName = shaped(variableName, "Must be a valid variable name.");
const templateRule = { min: 0, max: 1_000 };
const template = text(templateRule);
/** Like a template, but keeps the blank of ` 6591234567`: in a query string or a form, a plus is read as a blank. */
const runInput = z.string().transform((raw, context) => {
  const value = normalise(raw, templateRule);
  const fault = textFault(value, templateRule);
  if (fault) context.addIssue(customIssue(fault.reason, fault.description));
  return /^\s+\d/.test(raw) ? ` ${value}` : value;
});
/** Whether the node exists is checked with the whole flow. */
const exit = z.string();

function shaped(shape: RegExp, message: string) {
  return z.string().superRefine((value, context) => {
    if (value === "") context.addIssue(customIssue("REQUIRED", "Required."));
    else if (value.length > 100 || !shape.test(value)) context.addIssue(customIssue("INVALID_FORMAT", message));
  });
}

function notEmpty<T>(items: readonly T[], context: z.RefinementCtx) {
  if (items.length === 0) context.addIssue(customIssue("REQUIRED", "Must have at least one item."));
}

const customerQuery = z
  .object({ id: template, tel: template, email: template, thirdAccountId: template })
  .extend({ next: exit, onNotFound: exit, onTimeout: exit })
  .transform(({ next, onNotFound, onTimeout, ...query }) => ({
    ...{ kind: "customer_query" as const, query, next, onNotFound, onTimeout },
  }));

const externalApi = z
  .object({
    externalApiId: id,
    params: z.record(z.string(), template).superRefine((params, context) => {
      if (Object.keys(params).length > maxParams)
        context.addIssue(customIssue("TOO_MANY", `Must have at most ${maxParams} parameters.`));
    }),
    ...{ onSuccess: exit, onFailure: exit, onTimeout: exit },
  })
  .transform((node) => ({ kind: "external_api" as const, ...node }));

const set = z
  .object({
    assignments: list(z.object({ variable: ownName, value: template }), maxAssignments).superRefine(notEmpty),
    next: exit,
  })
  .transform((node) => ({ kind: "set" as const, ...node }));

export const operator = protoEnum(BranchNode_OperatorSchema, flowOperators);

const flowCase = z
  .object({ variable: readName, operator: operator.required, value: template, next: exit })
  .refine(
    ...fieldRule<{ readonly operator?: FlowOperator; readonly value?: string }>(
      ({ operator: how, value }) => !value || (how !== "IS_EMPTY" && how !== "IS_NOT_EMPTY"),
      { path: "value", reason: "NOT_ALLOWED", message: "Must be empty for this operator." },
    ),
  );

const branch = z
  .object({ cases: list(flowCase, maxCases).superRefine(notEmpty), otherwise: exit })
  .transform((node) => ({ kind: "branch" as const, ...node }));

const end = z
  .object({ exit: text(nameRule), outputs: list(readName, maxOutputs) })
  .transform((node) => ({ kind: "end" as const, ...node }));

/** Each kind has the name of its field, so that paths are those of the contract. */
const node = z
  .custom<FlowNodeMessage>()
  .transform(({ id: nodeId, kind }) => ({ id: nodeId, ...(kind.case ? { [kind.case]: kind.value } : {}) }))
  .pipe(
    z
      .object({
        id: ownName,
        customerQuery: customerQuery.optional(),
        externalApi: externalApi.optional(),
        set: set.optional(),
        branch: branch.optional(),
        end: end.optional(),
      })
      .transform(({ id: nodeId, ...kinds }, context) => {
        const kind = kinds.customerQuery ?? kinds.externalApi ?? kinds.set ?? kinds.branch ?? kinds.end;
        if (kind) return { id: nodeId, ...kind };
        context.addIssue(customIssue("REQUIRED", "Required: set exactly one node type."));
        return z.NEVER;
      }),
  );

const input = z.object({
  name: ownName,
  required: z.boolean(),
  defaultValue: template.exactOptional(),
  description: text({ min: 0, max: 1_000, multiline: true }),
});

const timeoutMs = z.number().transform((given, context) => {
  if (given === 0) return zeroFlowTimeoutMs;
  if (given >= minFlowTimeoutMs && given <= maxFlowTimeoutMs) return given;
  context.addIssue(
    customIssue("OUT_OF_RANGE", `Must be from ${minFlowTimeoutMs} to ${maxFlowTimeoutMs} milliseconds.`),
  );
  return z.NEVER;
});

/** More nodes than allowed are accepted here, because the check reports too many nodes as a problem. */
const maxNodesRead = 10 * maxNodes;

const definition = z
  .object({
    inputs: list(input, maxInputs),
    startNodeId: z.string(),
    nodes: list(node, maxNodesRead),
    timeoutMs: timeoutMs.exactOptional(),
    timeoutExit: text({ ...nameRule, min: 0 }),
    timeoutOutputs: list(readName, maxOutputs),
  })
  .transform((message): FlowDraft => message);

const name = text(nameRule);
const description = text({ ...noteRule, min: 0 });

export const newFlow = z.object({ ...newResourceFields, name, description, definition });

export const flowUpdate = z.object({
  ...companyResourceSchema.shape,
  ...{ name: name.exactOptional(), description: description.exactOptional() },
  ...{ definition: definition.exactOptional(), etag },
});

export const flowQuery = z.object({ companyId: id, pagination, showArchived: z.boolean() });

interface FlowChoice {
  readonly id?: string;
  readonly draft?: unknown;
}

/** A stored flow or a draft. */
export const flowToCheck = z
  .object({ companyId: id, id: optionalId, draft: definition.optional() })
  .refine(
    ...fieldRule<FlowChoice>(({ id: flowId, draft }) => !flowId || draft === undefined, {
      ...{ path: "draft", reason: "CONFLICT", message: "Must not be set together with id." },
    }),
  )
  .refine(
    ...fieldRule<FlowChoice>((choice) => choice.id !== "" || "draft" in choice, {
      ...{ path: "id", reason: "REQUIRED", message: "Required unless draft is set." },
    }),
  )
  .transform(({ companyId, id: flowId, draft }) => (draft ? { companyId, draft } : { companyId, id: flowId }));

export const flowRun = z.object({
  ...companyResourceSchema.shape,
  inputs: z.record(z.string(), runInput),
  format: answerFormat,
});
