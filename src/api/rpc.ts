import type {
  DescMessage,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  Message,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import type { z } from "zod";
import type { CompanyResource } from "../core/company-resource.js";
import type { DomainError, Violation } from "../core/errors.js";
import type { EmptyMembers } from "../core/presence.js";
import type { Principal } from "../core/principal.js";
import type { IdempotencyClaim, WriteContext } from "../core/write.js";
import type { Status } from "../gen/proto/google/rpc/status_pb.js";
import { companyResourceSchema, countryOf } from "./fields.js";
import { parse } from "./parse.js";
import { refuseWithStored, type StoredValues } from "./stored-values.js";

/** An rpc with one request, and one response or a stream of them. */
export type ServedMethod = DescMethodUnary | DescMethodServerStreaming;

/** What the items of a batch need, each of which is like a request. */
export interface ItemTools {
  /**
   * The idempotency claim of an item with its own key.
   *
   * @param path of the item in the request
   */
  claim(
    item: { readonly schema: DescMessage; readonly message: Message; readonly key: string },
    path: string,
  ): IdempotencyClaim;
  /** The error of an item, as a request with this item alone would return it. */
  status(error: DomainError): Status;
}

/** The request context of a handler, apart from the message. */
export interface Context {
  readonly method: ServedMethod;
  readonly principal: Principal;
  readonly signal: AbortSignal;
  /** Time at which the signal fires because the deadline expires, on the clock of `performance.now()`. */
  readonly deadlineMs: number;
  /** What a JSON request says beside its message; absent for a binary one. */
  readonly emptyMembers?: EmptyMembers;
  /** Name of the field of the response that is sent unless a plain text is; absent = the whole message. */
  readonly responseBody?: string;
  readonly items: ItemTools;
  /** Actor and idempotency claim, for repositories of mutating RPCs. */
  readonly write: WriteContext;
  setHeader(name: string, value: string): void;
}

/** Implements one RPC. Throws DomainError. */
export type Handler<M extends DescMethodUnary> = (
  request: MessageShape<M["input"]>,
  context: Context,
) => Promise<MessageInitShape<M["output"]>>;

/**
 * Implements one RPC with a stream of responses. The next response is asked for once the client can take it; if the
 * client leaves, the iterator is ended. It must not outlive its signal. Throws DomainError.
 */
export type StreamHandler<M extends DescMethodServerStreaming> = (
  request: MessageShape<M["input"]>,
  context: Context,
) => AsyncIterable<MessageInitShape<M["output"]>>;

/** A handler for every unary RPC of a service, so that the compiler reports a missing one. */
export type ServiceHandlers<S extends DescService> = {
  readonly [K in keyof S["method"]]: S["method"][K] extends DescMethodUnary ? Handler<S["method"][K]> : never;
};

/** The same for the RPCs of a service that has only streams of responses. */
export type StreamHandlers<S extends DescService> = {
  readonly [K in keyof S["method"]]: S["method"][K] extends DescMethodServerStreaming
    ? StreamHandler<S["method"][K]>
    : never;
};

/** A handler whose request type only its RPC knows. */
export type AnyHandler = (request: Message, context: Context) => Promise<MessageInitShape<DescMessage>>;

export type AnyStreamHandler = (request: Message, context: Context) => AsyncIterable<MessageInitShape<DescMessage>>;

/** Parses the request by a schema, or throws INVALID_REQUEST with every violation, those given among them. */
export type Parse = <T>(schema: z.ZodType<T>, violations?: readonly Violation[], message?: Message) => T;

/** How a request becomes typed input: a schema, or a function where more than the request's own fields decides. */
export type Input<Request, T> = z.ZodType<T> | ((request: Request, context: Context, parse: Parse) => T | Promise<T>);

/** A handler: parses the request, with every violation at once, and returns the response. */
export function rpc<Request extends Message, T, Response>(
  input: Input<Request, T>,
  respond: (input: T, context: Context) => Promise<Response>,
): (request: Request, context: Context) => Promise<Response> {
  return async (request, context) => respond(await readInput(input, request, context), context);
}

/** The same for an update that may repeat values as they are stored, though new ones are refused. */
export function rpcWithStored<Request extends Message & { readonly id: string }, T, Response, Stored>(
  input: Input<Request, T>,
  values: StoredValues<Request, Stored>,
  respond: (input: T, context: Context) => Promise<Response>,
): (request: Request, context: Context) => Promise<Response> {
  return async (request, context) => {
    const refuse = (error: unknown) => refuseWithStored(error, values, request, context);
    return respond(await readInput(input, request, context).catch(refuse), context);
  };
}

/** A handler with a stream of responses: parses the request as `rpc` does, and returns what the generator yields. */
export function stream<Request extends Message, T, Response>(
  input: Input<Request, T>,
  respond: (input: T, context: Context) => AsyncIterable<Response>,
): (request: Request, context: Context) => AsyncIterable<Response> {
  return async function* (request, context) {
    yield* respond(await readInput(input, request, context), context);
  };
}

/** The typed input of a request. Throws INVALID_REQUEST. */
export async function readInput<Request extends Message, T>(
  input: Input<Request, T>,
  request: Request,
  context: Context,
): Promise<T> {
  const parseRequest: Parse = (schema, violations, message = request) =>
    parse(context.method.input, message, schema, violations);
  return typeof input === "function" ? input(request, context, parseRequest) : parseRequest(input);
}

/** An input that is parsed by the schema for the country of the request's company. */
export function inCountry<T>(schema: (country: string) => z.ZodType<T>) {
  return ({ companyId }: Message & { readonly companyId: string }, { principal }: Context, parse: Parse) =>
    parse(schema(countryOf(principal, companyId)));
}

interface Archivable<T> {
  setArchived(target: CompanyResource, archived: boolean, principal: Principal, write: WriteContext): Promise<T>;
}

/** The handlers that archive and restore a resource. */
export function archiving<T, Response>(service: Archivable<T>, respond: (resource: T) => Response) {
  const set = (archived: boolean) =>
    rpc<Message, CompanyResource, Response>(companyResourceSchema, async (target, { principal, write }) =>
      respond(await service.setArchived(target, archived, principal, write)),
    );
  return { archive: set(true), restore: set(false) };
}

/** Handlers by RPC name, `package.Service/Method`. */
export type HandlerRegistry = ReadonlyMap<string, AnyHandler>;
export type StreamRegistry = ReadonlyMap<string, AnyStreamHandler>;

/** Handlers of one service by RPC name. */
export function registry<S extends DescService>(service: S, handlers: ServiceHandlers<S>): HandlerRegistry;
export function registry(service: DescService, handlers: Readonly<Record<string, AnyHandler>>): HandlerRegistry {
  return byName(service, handlers);
}

/** The same for a service with streams of responses. */
export function streamRegistry<S extends DescService>(service: S, handlers: StreamHandlers<S>): StreamRegistry;
export function streamRegistry(
  service: DescService,
  handlers: Readonly<Record<string, AnyStreamHandler>>,
): StreamRegistry {
  return byName(service, handlers);
}

function byName<H>(service: DescService, handlers: Readonly<Record<string, H>>): ReadonlyMap<string, H> {
  const found = new Map<string, H>();
  for (const method of service.methods) {
    const handler = handlers[method.localName];
    if (handler) found.set(`${service.typeName}/${method.name}`, handler);
  }
  return found;
}
