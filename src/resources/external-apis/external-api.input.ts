import { z } from "zod";
import { companyResourceSchema, etag, id, list, omitUndefined, singleLineText, text } from "../../api/fields.js";
import { newResourceFields } from "../../api/import-fields.js";
import { pagination } from "../../api/page-token.js";
import { customIssue } from "../../api/parse.js";
import { protoEnum } from "../../api/proto-enum.js";
import { nameRule, noteRule } from "../../core/text.js";
import {
  ExternalApi_MethodSchema,
  type HeaderParam,
  type OutputParam,
  OutputParam_SelectionSchema,
  ParamTypeSchema,
  type RequestParam,
  RequestParam_LocationSchema,
} from "../../gen/proto/moego/callcenter/v1/external_api_pb.js";
import {
  defaultTimeoutMs,
  httpMethods,
  maxHeaders,
  maxOutputParams,
  maxRequestParams,
  outputSelections,
  paramLocations,
  valueTypes,
} from "./external-api.model.js";
import type { ExternalApiDraft } from "./external-api-check.service.js";

export const httpMethod = protoEnum(ExternalApi_MethodSchema, httpMethods);
export const paramLocation = protoEnum(RequestParam_LocationSchema, paramLocations);
export const valueType = protoEnum(ParamTypeSchema, valueTypes);
export const outputSelection = protoEnum(OutputParam_SelectionSchema, outputSelections);

const method = httpMethod.required;
const location = paramLocation.required;
const type = valueType.withDefault("STRING");
const selection = outputSelection.withDefault("FIRST");

const header = z.object({
  ...{ name: z.string(), value: z.string() },
  ...{ secretValue: z.string().optional(), isSecret: z.boolean() },
});

const requestParam = z
  .object({
    ...{ name: z.string(), location, type, required: z.boolean() },
    ...{ defaultValue: z.string().exactOptional(), description: singleLineText },
  })
  .transform((param) => ({ ...param, nested }));

const nested = true;

const outputParam = z.object({
  ...{ name: z.string(), path: z.string(), selection, type },
  defaultValue: z.string().exactOptional(),
});

const headers = list(header, maxHeaders);
const requestParams = list(requestParam, maxRequestParams);
const outputParams = list(outputParam, maxOutputParams);
const name = text(nameRule);
const description = text({ ...noteRule, min: 0 });

/** URL, headers, parameters and outputs are validated by the domain, see `toDraft`. */
export const newExternalApi = z.object({
  ...newResourceFields,
  ...{ name, description, method, url: z.string(), headers, requestParams, outputParams },
  timeoutMs: z.number().transform((timeoutMs) => timeoutMs || defaultTimeoutMs),
});

const url = z.string().superRefine((value, context) => {
  if (value === "") context.addIssue(customIssue("REQUIRED", "Required."));
});

/** Absent fields are unchanged. */
export const externalApiUpdate = z
  .object({
    ...companyResourceSchema.shape,
    ...{ name: name.exactOptional(), description: description.exactOptional(), method: method.exactOptional() },
    ...{ url: url.exactOptional(), timeoutMs: z.number().exactOptional() },
    headers: z.object({ items: headers }).optional(),
    requestParams: z.object({ items: requestParams }).optional(),
    outputParams: z.object({ items: outputParams }).optional(),
    etag,
  })
  .transform(
    ({ companyId, id: apiId, etag: given, headers: head, requestParams: params, outputParams: outputs, ...same }) => ({
      ...{ companyId, id: apiId, etag: given },
      content: {
        ...same,
        ...omitUndefined({ headers: head?.items, requestParams: params?.items, outputParams: outputs?.items }),
      },
    }),
  );

export const externalApiQuery = z.object({ companyId: id, pagination, showArchived: z.boolean() });

/** Values are validated against the configuration. */
export const invocation = z.object({
  ...companyResourceSchema.shape,
  params: z.record(z.string(), z.string()).superRefine((params, context) => {
    if (Object.keys(params).length > maxRequestParams) {
      context.addIssue(customIssue("TOO_MANY", `Must have at most ${maxRequestParams} parameters.`));
    }
  }),
});

interface DraftMessage {
  readonly method?: number | undefined;
  readonly url?: string | undefined;
  readonly headers?: readonly HeaderParam[] | undefined;
  readonly requestParams?: readonly RequestParam[] | undefined;
  readonly outputParams?: readonly OutputParam[] | undefined;
  readonly timeoutMs?: number | undefined;
}

/** Reads a configuration from a message that may have other violations. A list that is too long is ignored. */
export function toDraft(message: DraftMessage): ExternalApiDraft {
  const { url, timeoutMs } = message;
  return {
    ...{ url, timeoutMs, method: httpMethods.wordOf(message.method ?? 0) },
    headers: bounded(message.headers, maxHeaders),
    requestParams: bounded(message.requestParams, maxRequestParams)?.map((param) => ({
      ...param,
      location: paramLocations.wordOf(param.location),
      type: type.safeParse(param.type).data,
      nested,
    })),
    outputParams: bounded(message.outputParams, maxOutputParams)?.map((output) => ({
      ...output,
      type: type.safeParse(output.type).data,
      selection: selection.safeParse(output.selection).data,
    })),
  };
}

function bounded<T>(items: readonly T[] | undefined, max: number): readonly T[] | undefined {
  return items && items.length <= max ? items : undefined;
}
