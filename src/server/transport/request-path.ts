/** `-`, `.`, `_`, `~`, digits and letters: RFC 3986 calls a path with them percent-encoded equivalent. */
const encodedUnreserved = /%(?:2[de]|3\d|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])/gi;

/**
 * The path in the form that routes are compared with: no slash at the end, and no unreserved character
 * percent-encoded. Other encoded characters are left as they are; a slash or a colon can be data of a variable.
 */
export function normalizedPath(path: string): string {
  const bare = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
  if (!bare.includes("%")) return bare;
  return bare.replace(encodedUnreserved, (code) => decodeURIComponent(code));
}
