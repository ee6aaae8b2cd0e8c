import { lookup, Resolver } from "node:dns/promises";

/** The addresses of a host name. Rejects if there are none. May continue in the background after the signal fires. */
export type ResolveName = (hostname: string, signal: AbortSignal) => Promise<readonly string[]>;

/**
 * Queries the name servers of this machine for IPv4 and IPv6 in parallel. Unlike `dns.lookup`, this can be canceled,
 * and it uses no thread of libuv's pool, which slow names from API users could exhaust. It also ignores the hosts file
 * and search domains, so a public name always has its public meaning.
 */
export async function resolvePublicName(hostname: string, signal: AbortSignal): Promise<readonly string[]> {
  const resolver = new Resolver();
  const cancel = () => resolver.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    const addresses = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
    const [reason] = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason] : []));
    if (addresses.length === 0) throw reason;
    return addresses;
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

/**
 * Resolves like every other program on this machine. For the targets allowed by configuration, which may be local
 * names.
 */
export async function resolveLocalName(hostname: string): Promise<readonly string[]> {
  const entries = await lookup(hostname, { all: true });
  return entries.map(({ address }) => address);
}
