import { type JsonValue, toJson } from "@bufbuild/protobuf";
import { StatusSchema } from "../../gen/proto/google/rpc/status_pb.js";
import type { StatusError } from "../pipeline/status.js";
import { detailTypes } from "./http-message.js";

/** `google.rpc.Status` in JSON. */
export function statusJson(error: StatusError): JsonValue {
  return toJson(StatusSchema, error.toStatus(), { registry: detailTypes, alwaysEmitImplicit: true });
}
