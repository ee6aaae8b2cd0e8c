import type { DescService } from "@bufbuild/protobuf";
import { DomainError } from "../../core/errors.js";
import {
  type ExecuteCall,
  type ExecuteStream,
  type IncomingCall,
  requestIdHeader,
  requestIdOf,
} from "../pipeline/call.js";
import { isReadOnly, isStream, isUnary } from "../pipeline/contract.js";
import { crossSiteRequest, originHeader } from "../pipeline/cross-site.js";
import type { RejectRequest } from "../pipeline/observe.js";
import { readBacksOf } from "../pipeline/read-back.js";
import { StatusError } from "../pipeline/status.js";
import { errorHeaders } from "./error-headers.js";
import { decompress } from "./http-body.js";
import {
  grpcTimeoutHeader,
  type HttpAnswer,
  type HttpHandler,
  type HttpRequest,
  type HttpStream,
  headerOf,
  jsonAnswer,
  originOf,
  timeoutMsOf,
} from "./http-message.js";
import { streamedAnswer } from "./http-stream.js";
import { ignoredHeader, ignoredNames } from "./ignored-parameters.js";
import { nothingBeside } from "./json-beside.js";
import { ndjsonForm } from "./ndjson.js";
import { publishedRouteError } from "./published.js";
import { restAnswer } from "./rest-answer.js";
import { bodyEncodingOf } from "./rest-body.js";
import { readRestRequest } from "./rest-input.js";
import { type Match, type Route, routeTable } from "./rest-routes.js";
import { statusJson } from "./status-json.js";

/**
 * Serves the `google.api.http` routes of the contract as JSON. Responds to every request: 404 if no route matches, 405
 * if the path does not support the HTTP method.
 */
export function createRestHandler(options: {
  services: readonly DescService[];
  run: ExecuteCall;
  stream: ExecuteStream;
  refuse: RejectRequest;
}): HttpHandler {
  const table = routeTable(options.services);
  const readBacks = readBacksOf(options.services);

  return async (request) => {
    const matches = table.match(request.path);
    const match = matches.find(({ route }) => takes(route, request.method));
    if (match) return serve(match, request);
    const error =
      matches.length === 0
        ? (publishedRouteError(request) ?? routeNotFound(request))
        : methodNotAllowed(request, matches);
    const requestId = requestIdOf(headerOf(request, requestIdHeader));
    return restErrorAnswer(options.refuse(error, { transport: "rest", requestId, ...originOf(request) }));
  };

  async function serve(match: Match, request: HttpRequest): Promise<HttpAnswer | HttpStream> {
    const headers: Record<string, string> = {};
    const { method, responseBody } = match.route;
    if (isStream(method)) {
      const call = { ...(await callOf(match, request, headers, readBacks)), method };
      return streamedAnswer(options.stream, call, ndjsonForm(method, restErrorAnswer), headers);
    }
    try {
      const answer = await options.run({
        ...(await callOf(match, request, headers, readBacks)),
        method,
        ...(responseBody === "" ? {} : { responseBody }),
        encode: (message) => restAnswer(match.route, message),
      });
      return { ...answer, headers: { ...answer.headers, ...headers } };
    } catch (error) {
      if (error instanceof StatusError) return restErrorAnswer(error, headers);
      throw error;
    }
  }
}

/** The error as REST clients receive it: `google.rpc.Status` in JSON. */
export function restErrorAnswer(error: StatusError, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return jsonAnswer(error.httpStatus, statusJson(error), {
    ...headers,
    [requestIdHeader]: error.requestId,
    ...errorHeaders(error),
  });
}

/** HEAD requests the headers of a GET, which is safe only if the GET changes nothing. */
function takes(route: Route, verb: string): boolean {
  const { method } = route;
  return route.verb === verb || (verb === "HEAD" && route.verb === "GET" && isUnary(method) && isReadOnly(method));
}

async function callOf(
  match: Match,
  request: HttpRequest,
  headers: Record<string, string>,
  readBacks: ReadBacks,
): Promise<Omit<IncomingCall, "method">> {
  return {
    transport: "rest",
    signal: request.signal,
    isCrossSite: request.isCrossSite === true,
    peerAddress: request.peerAddress,
    header: (name) => headerOf(request, name),
    setHeader: (name, value) => {
      headers[name.toLowerCase()] = value;
    },
    ...(await inputOf(match, request, headers, readBacks)),
  };
}

type ReadBacks = ReturnType<typeof readBacksOf>;

type Input = Pick<IncomingCall, "timeoutMs" | "decode">;

/** Reads the bytes now, decodes later: the API key is checked before anything about the request is reported. */
async function inputOf(
  match: Match,
  request: HttpRequest,
  headers: Record<string, string>,
  readBacks: ReadBacks,
): Promise<Input> {
  try {
    const body = await decompress(await request.readBody(), headerOf(request, "content-encoding"));
    const encoding = bodyEncodingOf(body, headerOf(request, "content-type") ?? "", match.route);
    // Any page can send a form; the browser asks for permission only before other content types.
    if (encoding === "form" && request.isCrossSite === true) throw crossSiteRequest(headerOf(request, originHeader));
    const timeoutMs = timeoutMsOf(request, grpcTimeoutHeader);
    function ignore(names: readonly string[]): void {
      const ignored = ignoredNames(names);
      if (ignored !== undefined) headers[ignoredHeader] = ignored;
    }
    return {
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      decode: () => {
        const beside = nothingBeside();
        const { method } = match.route;
        const readBack = isUnary(method) ? readBacks.get(method) : undefined;
        const message = readRestRequest(match, { query: request.query, body, encoding, ignore }, beside, readBack);
        return { message, readBack, ...beside };
      },
    };
  } catch (error) {
    return {
      decode: () => {
        throw error;
      },
    };
  }
}

function routeNotFound({ path }: HttpRequest): DomainError {
  return new DomainError("ROUTE_NOT_FOUND", "No route matches this path.", { metadata: { path } });
}

function methodNotAllowed({ method, path }: HttpRequest, matches: readonly Match[]): DomainError {
  const verbs = matches.map(({ route }) => route.verb);
  const allow = [...verbs, ...(matches.some(({ route }) => takes(route, "HEAD")) ? ["HEAD"] : [])].join(", ");
  return new DomainError("METHOD_NOT_ALLOWED", `Method not allowed. Allowed: ${allow}.`, {
    metadata: { method, path, allow },
  });
}
