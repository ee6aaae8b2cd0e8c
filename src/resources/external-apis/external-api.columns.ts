import { z } from "zod";
import type { ExternalApiModel } from "../../gen/prisma/models.js";
import {
  type ExternalApi,
  type ExternalApiContent,
  httpMethods,
  outputSelections,
  paramLocations,
  valueTypes,
} from "./external-api.model.js";

const headers = z.array(z.object({ name: z.string(), value: z.string(), isSecret: z.boolean() }));

const requestParams = z.array(
  z.object({
    name: z.string(),
    location: z.enum(paramLocations.words),
    type: z.enum(valueTypes.words),
    required: z.boolean(),
    defaultValue: z.string().exactOptional(),
    description: z.string(),
    nested: z.boolean().exactOptional(),
  }),
);

const outputParams = z.array(
  z.object({
    name: z.string(),
    path: z.string(),
    selection: z.enum(outputSelections.words).default("FIRST"),
    type: z.enum(valueTypes.words),
    defaultValue: z.string().exactOptional(),
  }),
);

/** The columns of a configuration. Lists are stored as JSON and validated when they are read. */
export function toColumns(content: ExternalApiContent) {
  const { name, description, method, url, timeoutMs } = content;
  return {
    ...{ name, description, method, url, timeoutMs },
    headers: content.headers.map((header) => ({ ...header })),
    requestParams: content.requestParams.map((param) => ({ ...param })),
    outputParams: content.outputParams.map((param) => ({ ...param })),
  };
}

export function toExternalApi(row: ExternalApiModel): ExternalApi {
  const { companyId, id, name, description, url, timeoutMs, archivedTime, version } = row;
  const { createdBy, createdTime, lastUpdatedBy, lastUpdatedTime } = row;
  return {
    ...{ companyId, id, name, description, url, timeoutMs, version },
    ...{ createdBy, createdTime, lastUpdatedBy, lastUpdatedTime },
    method: z.enum(httpMethods.words).parse(row.method),
    headers: headers.parse(row.headers),
    requestParams: requestParams.parse(row.requestParams),
    outputParams: outputParams.parse(row.outputParams),
    archived: archivedTime !== null,
  };
}
