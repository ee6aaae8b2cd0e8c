/** Changes with every change of the record; a caller sends it back to change only what it has seen. */
export function etagOf(record: { readonly version: bigint }): string {
  return record.version.toString();
}
