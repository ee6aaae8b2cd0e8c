import type { DescMethodUnary, Message } from "@bufbuild/protobuf";

export type Transport = "grpc" | "grpc-web" | "connect" | "rest";

/** One call, as a transport hands it to the pipeline. `Answer` is what the transport sends. */
export interface Call<Answer> {
  readonly method: DescMethodUnary;
  readonly transport: Transport;
  /** Aborts when the caller is gone. The abort reason is a DomainError. */
  readonly signal: AbortSignal;
  /** Milliseconds the caller is willing to wait, counted from now; absent = it did not say. */
  readonly timeoutMs?: number;
  /** Address of the connected peer, without port. */
  readonly peerAddress: string;
  /** Request header or metadata value by lower-case name; several values are joined by ", ". */
  header(name: string): string | undefined;
  /** Sets a response header (leading metadata). */
  setHeader(name: string, value: string): void;
  /**
   * Reads the request message. Called after the key and the permission were checked, so that a stranger learns
   * nothing from malformed bytes. Throws DomainError.
   */
  decode(): Message;
  /** Writes the response message. Called within the pipeline, so that one which cannot be written is a logged defect. */
  encode(message: Message): Answer;
}

/** Answers a call, or rejects with a StatusError. */
export type ExecuteCall = <Answer>(call: Call<Answer>) => Promise<Answer>;
