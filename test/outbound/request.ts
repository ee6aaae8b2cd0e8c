import type { Server } from "node:net";
import type { OutboundRequest } from "../../src/core/outbound-call.js";

export const never = new AbortController().signal;

export function requestTo(url: string, changes: Partial<OutboundRequest> = {}): OutboundRequest {
  const api = { companyId: "cmp_a", externalApiId: "api_a", version: "1" };
  return { ...api, method: "GET", url, headers: [], timeoutMs: 5_000, ...changes };
}

/** Starts a server on a free port of a loopback address. */
export async function listening(server: Server, host = "127.0.0.1"): Promise<number> {
  await new Promise<void>((started) => server.listen(0, host, started));
  const address = server.address();
  return address && typeof address === "object" ? address.port : 0;
}
