import { ConnectError } from "@connectrpc/connect";
import { errorToJson } from "@connectrpc/connect/protocol-connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc-web";
import { DomainError } from "../../core/errors.js";
import { requestIdHeader } from "../pipeline/call.js";
import type { StatusError } from "../pipeline/status.js";
import type { MessageEncoding } from "./connect-input.js";
import { errorHeaders } from "./error-headers.js";
import { detailTypes, type HttpAnswer, jsonAnswer } from "./http-message.js";

type Protocol = MessageEncoding["protocol"];

/** Converts the error to the one that Connect's handlers serialize. */
export function toConnectError(error: StatusError): ConnectError {
  // Both enums use the same numbers for the canonical codes.
  const code: number = error.code;
  const details = error.details.map(({ schema, message }) => ({ desc: schema, value: message }));
  return new ConnectError(error.message, code, undefined, details);
}

/** Every gRPC-Web response has HTTP status 200, so that headers of other statuses would have no effect. */
export function connectErrorHeaders(error: StatusError, protocol: string): Readonly<Record<string, string>> {
  const headers = errorHeaders(error);
  if (protocol === "connect") return headers;
  const accepted = headers["accept-encoding"];
  return accepted === undefined ? {} : { "grpc-accept-encoding": accepted };
}

/** The error response, in the format of the protocol, for a request that no Connect handler accepts. */
export function connectErrorAnswer(error: StatusError, protocol: Protocol): HttpAnswer {
  const connectError = toConnectError(error);
  if (protocol === "grpc-web") {
    const trailers = new Headers({ "content-type": "application/grpc-web+proto", [requestIdHeader]: error.requestId });
    setTrailerStatus(trailers, connectError);
    return { status: 200, headers: Object.fromEntries(trailers), body: new Uint8Array() };
  }
  // Clients read a 404 without a Connect body as an unknown rpc, so an unknown rpc is a 404. A published one is known.
  const isPublished =
    error.cause instanceof DomainError && error.cause.details.metadata?.["documentation"] !== undefined;
  const status = error.reason === "METHOD_NOT_IMPLEMENTED" && !isPublished ? 404 : error.httpStatus;
  return jsonAnswer(status, errorToJson(connectError, { registry: detailTypes }), {
    [requestIdHeader]: error.requestId,
    ...connectErrorHeaders(error, protocol),
  });
}
