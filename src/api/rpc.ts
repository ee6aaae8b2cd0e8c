import type {
  DescMessage,
  DescMethodUnary,
  DescService,
  Message,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import type { Principal } from "../core/principal.js";
import type { WriteContext } from "../core/write.js";

/** The request context of a handler, apart from the message. */
export interface Context {
  readonly method: DescMethodUnary;
  readonly principal: Principal;
  readonly signal: AbortSignal;
  /** Time at which the signal fires because the deadline expires, on the clock of `performance.now()`. */
  readonly deadlineMs: number;
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

/** Handlers by RPC name, `package.Service/Method`. */
export type HandlerRegistry = ReadonlyMap<string, AnyHandler>;

/** Registers all or some handlers of one service by RPC name. */
export function registry<S extends DescService, K extends keyof S["method"]>(
  service: S,
  handlers: Pick<ServiceHandlers<S>, K>,
): HandlerRegistry;
export function registry(service: DescService, handlers: Readonly<Record<string, AnyHandler>>): HandlerRegistry {
  const found = new Map<string, AnyHandler>();
  for (const method of service.methods) {
    const handler = handlers[method.localName];
    if (handler) found.set(`${service.typeName}/${method.name}`, handler);
  }
  return found;
}
