import { randomUUID } from "node:crypto";

/** Carries the request id in both directions. */
export const requestIdHeader = "x-request-id";

/** The client's request id if it is safe for logs and headers, else a new UUID. */
export function requestIdOf(proposed: string | undefined): string {
  return proposed !== undefined && /^[A-Za-z0-9_.-]{1,64}$/.test(proposed) ? proposed : randomUUID();
}
