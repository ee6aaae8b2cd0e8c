import { lookup, Resolver } from "node:dns/promises";
import { once } from "node:events";
import { connect, isIP, type LookupFunction, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { hostOf, isPublicAddress, portOf } from "../core/outbound-call.js";
import { OutboundFault } from "./outbound-failure.js";

export interface Route {
  readonly url: URL;
  readonly resolve: ResolveName;
  /** Whether non-public addresses are allowed. */
  readonly anyAddress: boolean;
  /** Certificate authorities in PEM; undefined = those of Node. */
  readonly ca: string | undefined;
}

/**
 * Connection timeout per address, except for the last one. Node's default of 250 ms is too short for a distant system
 * or a lost packet; the last address may then be IPv6, which some machines cannot reach.
 */
const attemptMs = 1_200;

/**
 * Connects to the host of a URL, with TLS for https. Resolves the name once and checks every address. Prevents DNS
 * rebinding: connects only to the addresses that were checked.
 *
 * @throws OutboundFault, or the abort reason
 */
export async function openConnection(route: Route, signal: AbortSignal): Promise<Socket> {
  const { url, anyAddress } = route;
  const isPermitted = (address: string) => anyAddress || isPublicAddress(address);
  const host = hostOf(url);
  const addresses = isIP(host) > 0 ? [host] : await resolveHost(route, host, signal);
  // Rejected even if only one address is forbidden, because which address is used is not predictable.
  if (!addresses.every(isPermitted)) throw new OutboundFault("TARGET_FORBIDDEN");
  const socket = connect({
    ...{ host, port: portOf(url), lookup: only(addresses), noDelay: true },
    ...{ autoSelectFamily: true, autoSelectFamilyAttemptTimeout: attemptMs },
  });
  await opened({ socket, event: "connect", failure: "CONNECTION_FAILED" }, signal);
  if (!isPermitted(socket.remoteAddress ?? "")) {
    socket.destroy();
    throw new OutboundFault("TARGET_FORBIDDEN");
  }
  return url.protocol === "https:" ? await secure(socket, route, signal) : socket;
}

async function resolveHost({ resolve }: Route, host: string, signal: AbortSignal): Promise<readonly string[]> {
  const addresses = await unlessAborted(resolve(host, signal), signal).catch((cause: unknown) => {
    throw new OutboundFault("NAME_NOT_RESOLVED", { cause });
  });
  if (addresses.length === 0) throw new OutboundFault("NAME_NOT_RESOLVED");
  return addresses;
}

/** A lookup with a fixed result. Node calls it once for all addresses, and only if the host is not an address. */
function only(addresses: readonly string[]): LookupFunction {
  return (_hostname, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: isIP(address) })),
    );
}

async function secure(socket: Socket, { url, ca }: Route, signal: AbortSignal): Promise<Socket> {
  const host = hostOf(url);
  const servername = isIP(host) > 0 ? {} : { servername: host };
  const secured = connectTls({ socket, host, ...servername, ...(ca ? { ca } : {}), ALPNProtocols: ["http/1.1"] });
  await opened({ socket: secured, event: "secureConnect", failure: "TLS_FAILED" }, signal).catch((error: unknown) => {
    socket.destroy();
    throw error;
  });
  return secured;
}

interface Opening {
  readonly socket: Socket;
  readonly event: "connect" | "secureConnect";
  readonly failure: "CONNECTION_FAILED" | "TLS_FAILED";
}

async function opened({ socket, event, failure }: Opening, signal: AbortSignal): Promise<void> {
  // Stays for the life of the socket: an unhandled "error" event would end the process.
  socket.on("error", () => {});
  try {
    await once(socket, event, { signal });
  } catch (cause) {
    socket.destroy();
    throw new OutboundFault(failure, { cause });
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = withReject();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function withReject() {
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<never>((_, refuse) => {
    reject = refuse;
  });
  return { promise, reject };
}

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
