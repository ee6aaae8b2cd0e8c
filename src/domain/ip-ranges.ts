import { isIP } from "node:net";

/** Whether a text is one IPv4 or IPv6 address, or a range of them in CIDR notation (`10.0.0.0/8`, `2001:db8::/32`). */
export function isIpRange(text: string): boolean {
  const [address = "", length, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || address.includes("%") || rest.length > 0) return false;
  if (length === undefined) return true;
  return /^(0|[1-9]\d{0,2})$/.test(length) && Number(length) <= (version === 4 ? 32 : 128);
}
