import { BlockList, isIP, isIPv4, SocketAddress } from "node:net";

/** A set of addresses given as single addresses and CIDR ranges. */
export interface AddressSet {
  has(address: string): boolean;
}

/** Builds the set. What is neither an address nor a range matches nothing. */
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
 * The caller's address: the peer, or, when the peer is a trusted proxy, the right-most entry of `x-forwarded-for`
 * that no trusted proxy has. Entries further left are the caller's own claim and count for nothing.
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

/** Without zone, and an IPv4 address in its own notation when it came mapped into IPv6. */
function plainAddress(address: string): string {
  const [bare = ""] = address.split("%", 1);
  if (isIP(bare) !== 6) return bare;
  const canonical = new SocketAddress({ address: bare, family: "ipv6" }).address;
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(canonical)?.[1] ?? canonical;
}

function addRange(list: BlockList, network: string, address: string, prefix: number): void {
  // A range over mapped addresses counts its prefix in 128 bits.
  const bits = isIPv4(address) && isIP(network) === 6 ? prefix - 96 : prefix;
  const family = isIPv4(address) ? "ipv4" : "ipv6";
  if (bits >= 0 && bits <= (family === "ipv4" ? 32 : 128)) list.addSubnet(address, bits, family);
}

function withoutPort(hop: string): string {
  return /^\[(.+)\](?::\d+)?$/.exec(hop)?.[1] ?? /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop;
}
