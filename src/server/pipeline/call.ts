import { randomUUID } from "node:crypto";
import type {
  DescMessage,
  DescMethodServerStreaming,
  DescMethodUnary,
  Message,
  MessageInitShape,
} from "@bufbuild/protobuf";
import type { Context } from "../../api/rpc.js";
import type { EmptyMembers } from "../../core/presence.js";
import type { ReadBack, Repeated } from "./read-back.js";

export type Transport = "grpc" | "grpc-web" | "connect" | "rest";

export type ServedMethod = Context["method"];

/** What every request has, whether one response or a stream of them is sent. */
export interface IncomingCall {
  readonly method: ServedMethod;
  readonly transport: Transport;
  /** Aborts when the client disconnects. The reason is a DomainError. */
  readonly signal: AbortSignal;
  /** Timeout of the client in milliseconds from now; absent = none. */
  readonly timeoutMs?: number;
  /** Whether a browser sent it for a page of another site (`crossSiteRule`). */
  readonly isCrossSite?: boolean;
  /** Address of the connected peer, without port. */
  readonly peerAddress: string;
  /** Request header or metadata value by lower-case name; several values are joined by ", ". */
  header(name: string): string | undefined;
  /** Sets a response header (leading metadata). */
  setHeader(name: string, value: string): void;
  /**
   * Decodes the request message. Called after the API key and its permissions were checked, so that malformed bytes
   * reveal nothing to strangers.
   *
   * @throws DomainError
   */
  decode(): Decoded;
}

/** One request, as a transport passes it to the pipeline. `Answer` is what the transport sends. */
export interface Call<Answer> extends IncomingCall {
  readonly method: DescMethodUnary;
  /** Name of the field of the response that the transport sends unless it sends a plain text; absent = the whole message. */
  readonly responseBody?: string;
  /**
   * Encodes the response. Called within the pipeline, so that a failure is logged as a bug.
   *
   * @param message the response message, or what it is created from
   */
  encode(message: MessageInitShape<DescMessage>): Answer | Promise<Answer>;
}

/** The same with a stream of responses. `Chunk` is one of them, as the transport sends it. */
export interface StreamCall<Chunk> extends IncomingCall {
  readonly method: DescMethodServerStreaming;
  encode(message: MessageInitShape<DescMessage>): Chunk;
  /** Sends a response, the headers before the first. What it returns resolves once the client can take the next one. */
  send(chunk: Chunk): Promise<void> | undefined;
}

/** A request message, with what JSON says beside it. */
export interface Decoded {
  readonly message: Message;
  readonly emptyMembers?: EmptyMembers;
  readonly repeated?: Repeated;
  readonly readBack?: ReadBack | undefined;
}

/** Executes a request. Rejects with a StatusError. */
export type ExecuteCall = <Answer>(call: Call<Answer>) => Promise<Answer>;

/** Executes a request with a stream of responses. Rejects with a StatusError, also after some of them were sent. */
export type ExecuteStream = <Chunk extends Uint8Array | string>(call: StreamCall<Chunk>) => Promise<void>;

/** Carries the request id in both directions. */
export const requestIdHeader = "x-request-id";

/** The client's request id if it is safe for logs and headers, else a new UUID. */
export function requestIdOf(proposed: string | undefined): string {
  return proposed !== undefined && /^[A-Za-z0-9_.-]{1,64}$/.test(proposed) ? proposed : randomUUID();
}
