import { BlockList, isIP, isIPv4, SocketAddress } from "node:net";

export interface AddressSet {
  has(address: string): boolean;
}

/** Builds a set of single addresses and CIDR ranges. Invalid entries match nothing. */
export function addressSet(rules: readonly string[]): AddressSet {
  const list = new BlockList();
  for (const rule of rules) {
    const [network = "", prefix] = rule.split("/", 2);
    const address = plainAddress(network);
    if (!isIP(address)) continue;
    const family = isIPv4(address) ? "ipv4" : "ipv6";
    if (prefix === undefined) list.addAddress(address, family);
    else if (/^\d{1,3}$/.test(prefix)) addRange(list, network, address, Number(prefix));
  }
  return {
    has(address) {
      const plain = plainAddress(address);
      return isIP(plain) !== 0 && list.check(plain, isIPv4(plain) ? "ipv4" : "ipv6");
    },
  };
}

/**
 * The client's address: the peer, or, if the peer is a trusted proxy, the right-most entry of `x-forwarded-for` that is
 * not a trusted proxy. Entries further left are set by the client and not trusted.
 */
export function callerAddress(peer: string, forwardedFor: string | undefined, trusted: AddressSet): string {
  let address = plainAddress(peer);
  for (const hop of forwardedFor?.split(",").reverse() ?? []) {
    if (!trusted.has(address)) break;
    const next = plainAddress(withoutPort(hop.trim()));
    if (!isIP(next)) break;
    address = next;
  }
  return address;
}

export const forwardedForHeader = "x-forwarded-for";

/** The client's address behind the trusted proxies. */
export type AddressOf = (peer: string, forwardedFor: string | undefined) => string;

export function createAddressOf(trustedProxies: readonly string[]): AddressOf {
  const trusted = addressSet(trustedProxies);
  let last = { peer: "", address: "" };
  return (peer, forwardedFor) => {
    if (forwardedFor !== undefined) return callerAddress(peer, forwardedFor, trusted);
    if (last.peer !== peer) last = { peer, address: plainAddress(peer) };
    return last.address;
  };
}

/** Removes the zone, and converts an IPv4-mapped IPv6 address to IPv4. */
function plainAddress(address: string): string {
  const [bare = ""] = address.split("%", 1);
  if (isIP(bare) !== 6) return bare;
  const canonical = new SocketAddress({ address: bare, family: "ipv6" }).address;
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(canonical)?.[1] ?? canonical;
}

function addRange(list: BlockList, network: string, address: string, prefix: number): void {
  // The prefix of a mapped IPv6 range counts 128 bits.
  const bits = isIPv4(address) && isIP(network) === 6 ? prefix - 96 : prefix;
  const family = isIPv4(address) ? "ipv4" : "ipv6";
  if (bits >= 0 && bits <= (family === "ipv4" ? 32 : 128)) list.addSubnet(address, bits, family);
}

function withoutPort(hop: string): string {
  return /^\[(.+)\](?::\d+)?$/.exec(hop)?.[1] ?? /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop;
}
