import { randomUUID } from "node:crypto";

/** Header that carries the request id both ways. */
export const requestIdHeader = "x-request-id";

/** The caller's own request id when it is fit for logs and headers, else a new UUID. */
export function requestIdOf(proposed: string | undefined): string {
  return proposed !== undefined && /^[A-Za-z0-9_.-]{1,64}$/.test(proposed) ? proposed : randomUUID();
}
