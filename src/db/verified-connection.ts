import pg from "pg";
import { isLoopback } from "../core/ip-ranges.js";

/**
 * Whether a connection to this URL cannot be read or answered by others on the network: it stays on this machine, or it
 * uses TLS and verifies the server's certificate. Asks the driver, because the host and the TLS mode can also come from
 * parameters of the URL and from PGHOST and PGSSLMODE. False for a URL that the driver rejects, such as one with a
 * certificate file that cannot be read.
 *
 * @param tls whether TLS verifies certificates by default in this process
 */
export function isVerifiedConnection(connectionString: string, tls: { readonly verifies: boolean }): boolean {
  try {
    const { host, ssl }: { readonly host: string; readonly ssl: unknown } = new pg.Client({ connectionString });
    return host.startsWith("/") || isLoopback(host) || (tls.verifies && verifiesServer(ssl));
  } catch {
    return false;
  }
}

/** False means no TLS; true means TLS as Node.js does it, which verifies. */
function verifiesServer(ssl: unknown): boolean {
  if (typeof ssl !== "object" || ssl === null) return ssl === true;
  return !("rejectUnauthorized" in ssl) || ssl.rejectUnauthorized !== false;
}
