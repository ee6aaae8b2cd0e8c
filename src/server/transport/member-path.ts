/** The path of a member of the message at `path`, as violations name it: `customer.phones`. */
export function memberPath(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
