import type { Interceptor } from "@connectrpc/connect";
import type { RetryOptions } from "./retry.js";

/** How a client reaches a server. */
export interface MoegoOptions {
  /** Address of the server, such as `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
  /** Secret of an API key. */
  readonly apiKey: string;
  /** Deadline of a call with its retries, in milliseconds. Streams have none. Default: 30,000. */
  readonly timeoutMs?: number;
  readonly retry?: RetryOptions;
  /** Further interceptors, such as for logs. They see each attempt of a call. */
  readonly interceptors?: readonly Interceptor[];
}

export const defaultTimeoutMs = 30_000;
