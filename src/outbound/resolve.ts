import { lookup, Resolver } from "node:dns/promises";

/** The addresses of a host name. Rejects when it has none; may go on in the background when the signal fires. */
export type ResolveName = (hostname: string, signal: AbortSignal) => Promise<readonly string[]>;

/**
 * Asks the name servers of this machine, IPv4 and IPv6 at once. Unlike `dns.lookup` this takes no thread of libuv's pool,
 * which slow names of strangers would fill, can be cancelled, and reads neither the hosts file nor search domains: a public
 * name means what it means in public.
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

/** As every other program of this machine resolves: for the exceptions of this installation, which may be local names. */
export async function resolveLocalName(hostname: string): Promise<readonly string[]> {
  const entries = await lookup(hostname, { all: true });
  return entries.map(({ address }) => address);
}
