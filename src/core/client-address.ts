import { isIPv4, isIPv6, SocketAddress } from "node:net";

/** How much of a client's address is recorded. */
export const addressDetails = ["truncated", "full", "off"] as const;
export type AddressDetail = (typeof addressDetails)[number];

/** The address as it may be recorded: by default its network (/24 of IPv4, /48 of IPv6). Undefined if it may not. */
export function recordedAddress(address: string, detail: AddressDetail): string | undefined {
  if (detail === "off" || address === "") return undefined;
  return detail === "full" ? address : networkOf(address, { v4: 24, v6: 48 });
}

/** The network that counts as one client: a client of IPv6 has at least a /64 to choose its address from. */
export function clientNetwork(address: string): string {
  return networkOf(address, { v4: 32, v6: 64 });
}

/** The first address of the network. Empty for anything but an address. */
function networkOf(address: string, { v4, v6 }: { readonly v4: 24 | 32; readonly v6: 48 | 64 }): string {
  if (isIPv4(address)) return v4 === 32 ? address : address.replace(/\d+$/, "0");
  if (!isIPv6(address)) return "";
  const [left = "", right] = withoutIPv4(address).split("::");
  const head = left === "" ? [] : left.split(":");
  const tail = right === undefined || right === "" ? [] : right.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => "0");
  const network = `${[...head, ...zeros, ...tail].slice(0, v6 / 16).join(":")}::`;
  return new SocketAddress({ address: network, family: "ipv6" }).address;
}

/** Writes an IPv4 address at the end as two groups. Only their number matters: no network includes them. */
function withoutIPv4(address: string): string {
  const [bare = ""] = address.split("%", 1);
  return bare.replace(/\d+\.\d+\.\d+\.\d+$/, "0:0");
}
