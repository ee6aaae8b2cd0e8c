import { type Expected, Learned } from "./learned.js";

/** What the model says a call answers. */
export type Outcome =
  | { readonly kind: "answer"; readonly message: Expected }
  | { readonly kind: "pages"; readonly pages: Pages }
  | { readonly kind: "refusal"; readonly refusal: ExpectedRefusal };

/** A list that is walked to its end, each row once. */
export interface Pages {
  /** Member of the answer that holds the rows. */
  readonly member: string;
  readonly rows: readonly Expected[];
  /** Rows of a page; 0 asks for 50. */
  readonly size: number;
}

export type ExpectedRefusal = {
  readonly code: string;
  readonly reason: string;
  /** Sorted by field; the order of violations is not promised. */
  readonly violations: readonly Fault[];
};

export type Fault = { readonly field: string; readonly reason: string };

export function answer(message: Expected): Outcome {
  return { kind: "answer", message };
}

export function refusal(code: string, reason: string, violations: readonly Fault[] = []): Outcome {
  return { kind: "refusal", refusal: { code, reason, violations: sorted(violations) } };
}

export function invalid(violations: readonly Fault[]): Outcome {
  return refusal("INVALID_ARGUMENT", "INVALID_REQUEST", violations);
}

export const notFound = refusal("NOT_FOUND", "RESOURCE_NOT_FOUND");
export const archived = refusal("FAILED_PRECONDITION", "RESOURCE_ARCHIVED");
export const quotaExceeded = refusal("RESOURCE_EXHAUSTED", "CUSTOMER_QUOTA_EXCEEDED");
export const etagMismatch = refusal("ABORTED", "ETAG_MISMATCH");

export function sorted(violations: readonly Fault[]): Fault[] {
  return violations.toSorted((a, b) => (a.field < b.field ? -1 : a.field > b.field ? 1 : 0));
}

/** What is wrong with the form of a request is told once for a field: the first that is found. */
export function onceAField(violations: readonly Fault[]): Fault[] {
  return violations.filter(({ field }, at) => violations.findIndex((one) => one.field === field) === at);
}

/** The pages as they have to come: full but for the last, which alone has no token. */
export function pagesOf({ member, rows, size }: Pages): Expected[] {
  const most = size === 0 ? 50 : size;
  const count = Math.max(1, Math.ceil(rows.length / most));
  return Array.from({ length: count }, (_, at) => ({
    [member]: rows.slice(at * most, (at + 1) * most),
    nextPageToken: at === count - 1 ? "" : new Learned("a page token", (token) => token !== "" && token.length <= 64),
  }));
}
