import type {
  DescMessage,
  DescMethodUnary,
  DescService,
  Message,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import type { z } from "zod";
import type { CompanyResource } from "../core/company-resource.js";
import type { Violation } from "../core/errors.js";
import type { EmptyMembers } from "../core/presence.js";
import type { Principal } from "../core/principal.js";
import type { WriteContext } from "../core/write.js";
import { companyResourceSchema, countryOf } from "./fields.js";
import { parse } from "./parse.js";
import { refuseWithNumbers, type StoredNumbers } from "./stored-numbers.js";

/** The request context of a handler, apart from the message. */
export interface Context {
  readonly method: DescMethodUnary;
  readonly principal: Principal;
  readonly signal: AbortSignal;
  /** Time at which the signal fires because the deadline expires, on the clock of `performance.now()`. */
  readonly deadlineMs: number;
  /** What a JSON request says beside its message; absent for a binary one. */
  readonly emptyMembers?: EmptyMembers;
  /** Name of the field of the response that is sent unless a plain text is; absent = the whole message. */
  readonly responseBody?: string;
  /** Actor and idempotency claim, for repositories of mutating RPCs. */
  readonly write: WriteContext;
  setHeader(name: string, value: string): void;
}

/** Implements one RPC. Throws DomainError. */
export type Handler<M extends DescMethodUnary> = (
  request: MessageShape<M["input"]>,
  context: Context,
) => Promise<MessageInitShape<M["output"]>>;

/** A handler for every unary RPC of a service, so that the compiler reports a missing one. */
export type ServiceHandlers<S extends DescService> = {
  readonly [K in keyof S["method"]]: S["method"][K] extends DescMethodUnary ? Handler<S["method"][K]> : never;
};

/** A handler whose request type only its RPC knows. */
export type AnyHandler = (request: Message, context: Context) => Promise<MessageInitShape<DescMessage>>;

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

/** The same for an update whose phone numbers can be those that are stored. */
export function rpcWithNumbers<Request extends Message & { readonly id: string }, T, Response, Stored>(
  input: Input<Request, T>,
  numbers: StoredNumbers<Request, Stored>,
  respond: (input: T, context: Context) => Promise<Response>,
): (request: Request, context: Context) => Promise<Response> {
  return async (request, context) => {
    const refuse = (error: unknown) => refuseWithNumbers(error, numbers, request, context);
    return respond(await readInput(input, request, context).catch(refuse), context);
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

/** Handlers of one service by RPC name. */
export function registry<S extends DescService>(service: S, handlers: ServiceHandlers<S>): HandlerRegistry;
export function registry(service: DescService, handlers: Readonly<Record<string, AnyHandler>>): HandlerRegistry {
  const found = new Map<string, AnyHandler>();
  for (const method of service.methods) {
    const handler = handlers[method.localName];
    if (handler) found.set(`${service.typeName}/${method.name}`, handler);
  }
  return found;
}
