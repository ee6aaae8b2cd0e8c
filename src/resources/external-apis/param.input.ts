/** Removes an undefined default value, as exact optional properties require. */
export function withoutAbsentDefault<T extends { readonly defaultValue?: string | undefined }>({
  defaultValue,
  ...param
}: T): Omit<T, "defaultValue"> & { readonly defaultValue?: string } {
  return { ...param, ...(defaultValue === undefined ? {} : { defaultValue }) };
}
