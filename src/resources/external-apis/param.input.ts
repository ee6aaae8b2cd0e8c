/** Exact optional properties: a param, an output or an input without a default has no such member. */
export function withoutAbsentDefault<T extends { readonly defaultValue?: string | undefined }>({
  defaultValue,
  ...param
}: T): Omit<T, "defaultValue"> & { readonly defaultValue?: string } {
  return { ...param, ...(defaultValue === undefined ? {} : { defaultValue }) };
}
