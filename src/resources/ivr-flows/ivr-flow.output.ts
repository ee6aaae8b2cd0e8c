import type { MessageInitShape } from "@bufbuild/protobuf";
import { toTimestamp } from "../../api/google-types.js";
import { protoEnum } from "../../api/proto-enum.js";
import { etagOf } from "../../core/write.js";
import {
  type FlowDefinitionSchema,
  type FlowNodeSchema,
  FlowProblem_CodeSchema,
  FlowProblem_SeveritySchema,
  type FlowProblemSchema,
  type IvrFlowSchema,
} from "../../gen/proto/moego/callcenter/v1/ivr_flow_pb.js";
import {
  RunFlowResponse_BranchSchema,
  RunFlowResponse_OutcomeSchema,
  type RunFlowResponseSchema,
} from "../../gen/proto/moego/callcenter/v1/ivr_flow_service_pb.js";
import { type AnswerFormat, renderAnswer, withPlainKeys } from "../callers/response-format.service.js";
import { operator } from "./ivr-flow.input.js";
import { type FlowDefinition, type FlowNode, flowBranches, type IvrFlow } from "./ivr-flow.model.js";
import { type FlowProblem, flowProblemCodes, flowSeverities, problemMessage } from "./ivr-flow-problem.service.js";
import { type FlowRun, flowOutcomes } from "./ivr-flow-run.model.js";

const problemCode = protoEnum(FlowProblem_CodeSchema, flowProblemCodes);
const problemSeverity = protoEnum(FlowProblem_SeveritySchema, flowSeverities);
const runOutcome = protoEnum(RunFlowResponse_OutcomeSchema, flowOutcomes);
const stepBranch = protoEnum(RunFlowResponse_BranchSchema, flowBranches);

export function toProtoFlow(flow: IvrFlow): MessageInitShape<typeof IvrFlowSchema> {
  const { definition, createdTime, lastUpdatedTime, version, ...same } = flow;
  return {
    definition: toProtoDefinition(definition),
    createdTime: toTimestamp(createdTime),
    lastUpdatedTime: toTimestamp(lastUpdatedTime),
    etag: etagOf({ version }),
    ...same,
  };
}

function toProtoDefinition(definition: FlowDefinition): MessageInitShape<typeof FlowDefinitionSchema> {
  const { inputs, nodes, timeoutOutputs, ...same } = definition;
  return { inputs: [...inputs], nodes: nodes.map(toProtoNode), timeoutOutputs: [...timeoutOutputs], ...same };
}

function toProtoNode(node: FlowNode): MessageInitShape<typeof FlowNodeSchema> {
  const { id } = node;
  switch (node.kind) {
    case "customer_query": {
      const { query, next, onNotFound, onTimeout } = node;
      return { id, kind: { case: "customerQuery", value: { ...query, next, onNotFound, onTimeout } } };
    }
    case "external_api": {
      const { externalApiId, params, onSuccess, onFailure, onTimeout } = node;
      const value = { externalApiId, params: { ...params }, onSuccess, onFailure, onTimeout };
      return { id, kind: { case: "externalApi", value } };
    }
    case "set":
      return { id, kind: { case: "set", value: { assignments: [...node.assignments], next: node.next } } };
    case "branch": {
      const cases = node.cases.map((one) => ({ ...one, operator: operator.toProto(one.operator) }));
      return { id, kind: { case: "branch", value: { cases, otherwise: node.otherwise } } };
    }
    case "end":
      return { id, kind: { case: "end", value: { exit: node.exit, outputs: [...node.outputs] } } };
    default:
      return node satisfies never;
  }
}

export function toProtoProblem(problem: FlowProblem): MessageInitShape<typeof FlowProblemSchema> {
  const { code, severity, nodeId, field } = problem;
  return {
    ...{ code: problemCode.toProto(code), severity: problemSeverity.toProto(severity) },
    ...{ nodeId, field, message: problemMessage(problem) },
  };
}

export function toProtoRun(run: FlowRun, format: AnswerFormat): MessageInitShape<typeof RunFlowResponseSchema> {
  const { exit, outcome, variables, keys = [] } = run;
  // A telephony system that does not receive a key keeps the value of the call before.
  const values = { ...Object.fromEntries(keys.map((key) => [key, ""])), ...variables };
  return {
    ...(format === "PLAIN"
      ? { answer: plainAnswer(run) }
      : renderAnswer(format, { values, extras: { exit, outcome }, line: exit })),
    ...{ exit, variables: { ...variables }, outcome: runOutcome.toProto(outcome) },
    path: run.path.map(({ nodeId, kind, branch, reason, durationMs }) => ({
      ...{ nodeId, kind, reason, branch: stepBranch.toProto(branch), durationMs: Math.round(durationMs) },
    })),
    durationMs: Math.round(run.durationMs),
  };
}

function plainAnswer({ exit, outcome, variables, path }: FlowRun) {
  const steps = path.map(({ nodeId: node, kind, branch, reason, durationMs }) => ({
    ...{ node, kind, branch, reason, durationMs: Math.round(durationMs) },
  }));
  // Telephony systems read `variables.loyalty_status`: a dot in a name would be a step of their path.
  return { exit, outcome, path: steps, variables: { ...variables, ...withPlainKeys(variables) } };
}
