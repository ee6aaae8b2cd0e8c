import { createConnectTransport } from "@connectrpc/connect-web";
import { interceptorsOf, type Moego, moegoOver } from "./moego.js";
import type { MoegoOptions } from "./options.js";

export * from "./exports.js";

/** A client for browsers. The server must list the origin of the page in `CORS_ORIGINS`. */
export function createMoego(options: MoegoOptions): Moego {
  const { baseUrl } = options;
  const transport = createConnectTransport({ baseUrl, useBinaryFormat: true, interceptors: interceptorsOf(options) });
  return moegoOver(transport, options);
}
