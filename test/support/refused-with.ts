/** What a refusal for one field looks like, for `toMatchObject`. */
export function invalidField(field: string, reason: string) {
  return { code: "INVALID_ARGUMENT", reason: "INVALID_REQUEST", violations: [{ field, reason }] };
}

export const notFound = { code: "NOT_FOUND", reason: "RESOURCE_NOT_FOUND" } as const;
export const isArchived = { code: "FAILED_PRECONDITION", reason: "RESOURCE_ARCHIVED" } as const;
