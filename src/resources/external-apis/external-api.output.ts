import type { MessageInitShape } from "@bufbuild/protobuf";
import { toTimestamp } from "../../api/google-types.js";
import { protoEnum } from "../../api/proto-enum.js";
import { etagOf } from "../../core/write.js";
import {
  type ExternalApiSchema,
  InvocationFailureSchema,
  OutcomeSchema,
} from "../../gen/proto/moego/callcenter/v1/external_api_pb.js";
import type { TestExternalApiResponseSchema } from "../../gen/proto/moego/callcenter/v1/external_api_service_pb.js";
import { httpMethod, outputSelection, paramLocation, valueType } from "./external-api.input.js";
import { type ExternalApi, type Invocation, invocationFailures, invocationOutcomes } from "./external-api.model.js";
import type { ApiTest } from "./external-api.service.js";

const outcome = protoEnum(OutcomeSchema, invocationOutcomes);
const failure = protoEnum(InvocationFailureSchema, invocationFailures);

export function toProtoExternalApi(api: ExternalApi): MessageInitShape<typeof ExternalApiSchema> {
  const { method, headers, requestParams, outputParams, createdTime, lastUpdatedTime, version, ...same } = api;
  return {
    method: httpMethod.toProto(method),
    headers: [...headers],
    requestParams: requestParams.map(({ nested: _, ...param }) => ({
      ...param,
      location: paramLocation.toProto(param.location),
      type: valueType.toProto(param.type),
    })),
    outputParams: outputParams.map((output) => ({
      ...output,
      type: valueType.toProto(output.type),
      selection: outputSelection.toProto(output.selection),
    })),
    createdTime: toTimestamp(createdTime),
    lastUpdatedTime: toTimestamp(lastUpdatedTime),
    etag: etagOf({ version }),
    ...same,
  };
}

/** The result of a call, for both RPCs that make one. */
export function toProtoInvocation(invocation: Invocation) {
  const { branch, reason, status = 0, outputs, failedOutputs, durationMs } = invocation;
  return {
    outcome: outcome.toProto(branch),
    reason: failure.toProto(reason),
    status,
    outputs: { ...outputs },
    failedOutputs: failedOutputs.map((output) => ({ name: output.name, reason: failure.toProto(output.reason) })),
    durationMs: Math.round(durationMs),
  };
}

export function toProtoTest({
  invocation,
  request,
  answer,
}: ApiTest): MessageInitShape<typeof TestExternalApiResponseSchema> {
  const { method, url, body = "" } = request;
  return {
    ...toProtoInvocation(invocation),
    request: { method, url, headers: toProtoHeaders(request.headers), body },
    ...(answer.kind === "answered" ? { answer: { headers: toProtoHeaders(answer.headers), body: answer.body } } : {}),
  };
}

function toProtoHeaders(headers: readonly (readonly [name: string, value: string])[]) {
  return headers.map(([name, value]) => ({ name, value }));
}
