import type { DescMethodUnary, DescService, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { Caller } from "../domain/caller.js";
import type { Write } from "../domain/write.js";

/** What a handler knows of the call beside its message. */
export interface Context {
  readonly method: DescMethodUnary;
  readonly caller: Caller;
  readonly signal: AbortSignal;
  /** Author and idempotency claim, for the repositories of mutating rpcs. */
  readonly write: Write;
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
