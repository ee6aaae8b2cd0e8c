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

/** What a handler knows of the call beside its message. */
export interface Context {
  readonly method: DescMethodUnary;
  readonly principal: Principal;
  readonly signal: AbortSignal;
  /** When the signal will fire, since the time of the call is up, by performance.now(). */
  readonly deadlineMs: number;
  /** Author and idempotency claim, for the repositories of mutating rpcs. */
  readonly write: WriteContext;
  /** Sets a response header. */
  setHeader(name: string, value: string): void;
}

/** Answers one rpc; throws DomainError. */
export type Handler<M extends DescMethodUnary> = (
  request: MessageShape<M["input"]>,
  context: Context,
) => Promise<MessageInitShape<M["output"]>>;

/** A handler for every unary rpc of a service, so that the compiler names what is missing. */
export type ServiceHandlers<S extends DescService> = {
  readonly [K in keyof S["method"]]: S["method"][K] extends DescMethodUnary ? Handler<S["method"][K]> : never;
};

/** A handler whose request type is known to its rpc only. */
export type AnyHandler = (request: Message, context: Context) => Promise<MessageInitShape<DescMessage>>;

/** Handlers by rpc name, `package.Service/Method`. */
export type HandlerRegistry = ReadonlyMap<string, AnyHandler>;

/** Handlers of one service, all or some, by rpc name. */
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
