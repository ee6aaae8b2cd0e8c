import { ConnectError } from "@connectrpc/connect";
import { errorToJson } from "@connectrpc/connect/protocol-connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc-web";
import { DomainError } from "../../core/errors.js";
import { requestIdHeader } from "../pipeline/request-id.js";
import type { StatusError } from "../pipeline/status.js";
import { detailTypes } from "./detail-types.js";
import { type HttpAnswer, jsonAnswer } from "./http-message.js";

/** The same error as Connect's handlers write it. */
export function toConnectError(error: StatusError): ConnectError {
  // Both enums number the canonical codes alike.
  const code: number = error.code;
  const details = error.details.map(({ schema, message }) => ({ desc: schema, value: message }));
  return new ConnectError(error.message, code, undefined, details);
}

/** The answer to a request that reaches no handler, in the dialect of its protocol. */
export function connectErrorAnswer(error: StatusError, protocol: "connect" | "grpc-web"): HttpAnswer {
  const connectError = toConnectError(error);
  if (protocol === "grpc-web") {
    const trailers = new Headers({ "content-type": "application/grpc-web+proto", [requestIdHeader]: error.requestId });
    setTrailerStatus(trailers, connectError);
    return { status: 200, headers: Object.fromEntries(trailers), body: new Uint8Array() };
  }
  const allow = error.cause instanceof DomainError ? error.cause.details.metadata?.["allow"] : undefined;
  // The protocol's own choice for an unknown rpc; any other body-less 404 means the same to its clients.
  const status = error.reason === "METHOD_NOT_IMPLEMENTED" ? 404 : error.httpStatus;
  return jsonAnswer(status, errorToJson(connectError, { registry: detailTypes }), {
    [requestIdHeader]: error.requestId,
    ...(allow === undefined ? {} : { allow }),
  });
}
