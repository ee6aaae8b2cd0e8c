import { once } from "node:events";
import { connect, isIP, type LookupFunction, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { hostOf, isPublicAddress, portOf } from "../core/outbound-target.js";
import { OutboundFault } from "./outbound-failure.js";
import type { ResolveName } from "./resolve.js";

export interface Route {
  readonly url: URL;
  readonly resolve: ResolveName;
  /** Whether addresses that are not public may be connected to. */
  readonly anyAddress: boolean;
  /** Certificate authorities in PEM; those of Node when undefined. */
  readonly ca: string | undefined;
}

/**
 * How long each address but the last has to answer. Node gives them 250 ms, which a far system or one lost packet takes, and
 * then the last one is an address that a machine without IPv6 cannot reach.
 */
const attemptMs = 1_200;

/**
 * Opens a connection to the host of a URL, with TLS when it is https. The name is resolved once, every address is judged,
 * and the connection goes to those addresses and no other: a name that means something else a moment later gains nothing.
 *
 * @throws OutboundFault, or whatever ended the wait
 */
export async function openConnection(route: Route, signal: AbortSignal): Promise<Socket> {
  const { url, anyAddress } = route;
  const isPermitted = (address: string) => anyAddress || isPublicAddress(address);
  const host = hostOf(url);
  const addresses = isIP(host) > 0 ? [host] : await resolveHost(route, host, signal);
  // One forbidden address among them is reason enough: which one is taken would be a matter of luck.
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

/** A look-up that knows its answer. Node asks for all addresses at once, and only when the host is none itself. */
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
  // Kept for the life of the socket: an error that nobody listens to would end the process.
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
