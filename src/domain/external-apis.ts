import type { Caller } from "./caller.js";
import type { ExternalApi, ExternalApiTarget } from "./external-api.js";
import type { Invocation, InvocationInput } from "./external-api-call.js";

/** Systems of others, as far as a call needs them. */
export interface ExternalApis {
  /** The configuration, archived or not. RESOURCE_NOT_FOUND, COMPANY_NOT_ALLOWED. */
  find(caller: Caller, target: ExternalApiTarget, signal: AbortSignal): Promise<ExternalApi>;
  /**
   * Sends the request and says how it ended; rejects for what is wrong on our side alone: RESOURCE_NOT_FOUND,
   * RESOURCE_ARCHIVED, and INVALID_REQUEST for params that are unknown, missing or of another type (`params["x"]`).
   */
  invoke(caller: Caller, input: InvocationInput, signal: AbortSignal): Promise<Invocation>;
}
