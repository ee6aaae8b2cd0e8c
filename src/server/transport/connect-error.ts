import { ConnectError } from "@connectrpc/connect";
import { errorToJson } from "@connectrpc/connect/protocol-connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc-web";
import { DomainError } from "../../core/errors.js";
import { requestIdHeader } from "../pipeline/request-id.js";
import type { StatusError } from "../pipeline/status.js";
import { detailTypes } from "./detail-types.js";
import { type HttpAnswer, jsonAnswer } from "./http-message.js";

/** Converts the error to the one that Connect's handlers serialize. */
export function toConnectError(error: StatusError): ConnectError {
  // Both enums use the same numbers for the canonical codes.
  const code: number = error.code;
  const details = error.details.map(({ schema, message }) => ({ desc: schema, value: message }));
  return new ConnectError(error.message, code, undefined, details);
}

/** The error response, in the format of the protocol, for a request that no Connect handler accepts. */
export function connectErrorAnswer(error: StatusError, protocol: "connect" | "grpc-web"): HttpAnswer {
  const connectError = toConnectError(error);
  if (protocol === "grpc-web") {
    const trailers = new Headers({ "content-type": "application/grpc-web+proto", [requestIdHeader]: error.requestId });
    setTrailerStatus(trailers, connectError);
    return { status: 200, headers: Object.fromEntries(trailers), body: new Uint8Array() };
  }
  const allow = error.cause instanceof DomainError ? error.cause.details.metadata?.["allow"] : undefined;
  // 404 is what Connect specifies for an unknown rpc. Clients read any other 404 without a Connect body the same way.
  const status = error.reason === "METHOD_NOT_IMPLEMENTED" ? 404 : error.httpStatus;
  return jsonAnswer(status, errorToJson(connectError, { registry: detailTypes }), {
    [requestIdHeader]: error.requestId,
    ...(allow === undefined ? {} : { allow }),
  });
}
