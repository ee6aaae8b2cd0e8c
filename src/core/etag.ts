/**
 * Changes with every change of the record. A client sends it back to make sure that it changes the version it has read.
 */
export function etagOf(record: { readonly version: bigint }): string {
  return record.version.toString();
}
