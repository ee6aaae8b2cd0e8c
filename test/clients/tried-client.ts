import type { DescMethodUnary } from "@bufbuild/protobuf";

/** A client library as the steps use it. Messages are bytes: each library has its own classes for them. */
export interface TriedClient {
  call(method: DescMethodUnary, request: Uint8Array, options: CallOptions): Promise<Told>;
  close(): void;
}

export interface CallOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What a client gives to its program at the end of a call. */
export interface Told {
  /** Of google.rpc.Code. */
  readonly code: number;
  readonly message?: Uint8Array;
  /** Details of an error: a full type name and the encoded message. */
  readonly details?: readonly { readonly type: string; readonly value: Uint8Array }[];
  /** Response headers and trailers, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface ClientLibrary {
  readonly name: string;
  /** Whether it has a retry policy. Programs of the others read RetryInfo. */
  readonly hasRetries: boolean;
  open(server: ServerAddress, retries: boolean): TriedClient;
}

export interface ServerAddress {
  readonly httpUrl: string;
  readonly grpcPort: number;
}
