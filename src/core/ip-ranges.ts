import { isIP } from "node:net";

/** Whether a string is an IPv4 or IPv6 address, or a CIDR range (`10.0.0.0/8`, `2001:db8::/32`). */
export function isIpRange(text: string): boolean {
  const [address = "", length, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || address.includes("%") || rest.length > 0) return false;
  if (length === undefined) return true;
  return /^(0|[1-9]\d{0,2})$/.test(length) && Number(length) <= (version === 4 ? 32 : 128);
}

const loopbackRanges = ["127.0.0.0/8", "::1"];

/** Whether only this machine can connect to the host, in whatever form its address is written. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || (isIP(host) !== 0 && isIpRange(host) && isWithinRanges(host, loopbackRanges));
}

export function isWithinRanges(range: string, others: readonly string[]): boolean {
  const inner = readRange(range);
  return others.map(readRange).some((outer) => {
    // An IPv6 range does not admit IPv4 addresses, even if it contains their IPv4-mapped form.
    if (inner.isV4 !== outer.isV4 || inner.prefix < outer.prefix) return false;
    return headOf(inner, outer.prefix) === headOf(outer, outer.prefix);
  });
}

interface Range {
  /** 128 bits. IPv4 addresses are IPv4-mapped, so that both forms are the same address (RFC 4291, 2.5.5.2). */
  readonly bits: bigint;
  /** Number of network bits. */
  readonly prefix: number;
  readonly isV4: boolean;
}

function readRange(text: string): Range {
  const [address = "", length] = text.split("/");
  const isPlainV4 = isIP(address) === 4;
  const bits = isPlainV4 ? mapped | readV4(address) : readV6(address);
  const prefix = length === undefined ? 128 : Number(length) + (isPlainV4 ? 96 : 0);
  return { bits, prefix, isV4: prefix >= 96 && bits >> 32n === mapped >> 32n };
}

function headOf({ bits }: Range, prefix: number): bigint {
  return bits >> BigInt(128 - prefix);
}

const mapped = 0xffffn << 32n;

function readV4(address: string): bigint {
  return address.split(".").reduce((number, part) => (number << 8n) | BigInt(part), 0n);
}

function readV6(address: string): bigint {
  // A trailing IPv4 address replaces two groups.
  const groups = address.replace(/[\d.]+\.\d+$/, (tail) => {
    const number = readV4(tail);
    return `${(number >> 16n).toString(16)}:${(number & 0xffffn).toString(16)}`;
  });
  const [left = "", right] = groups.split("::");
  const head = left === "" ? [] : left.split(":");
  const tail = right === undefined || right === "" ? [] : right.split(":");
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => "0");
  return [...head, ...zeros, ...tail].reduce((number, group) => (number << 16n) | BigInt(`0x${group}`), 0n);
}
