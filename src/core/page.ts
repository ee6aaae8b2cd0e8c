import { createHash } from "node:crypto";
import { DomainError } from "./errors.js";

/** Where a page begins: after the row with this position in the list's order. */
export interface Cursor {
  /** Absent in name-ordered lists. */
  readonly time?: Date;
  /** 48 bits of the name that the row had, in name-ordered lists alone: the name itself would not fit in a token. */
  readonly nameHash?: number;
  readonly id: string;
}

/** Which rows of a list to read. Ask the database for `size + 1` rows: the last one only tells that there are more. */
export interface Page {
  readonly size: number;
  readonly after?: Cursor;
  /** Rows to skip, for callers that count page numbers themselves; 0 with a cursor. */
  readonly offset: number;
}

/** A time range, half-open: start inclusive, end exclusive; either may be absent. */
export interface TimeRange {
  readonly start?: Date;
  readonly end?: Date;
}

/** After the row with this id, in the order of names; of several parts the most significant first. */
export function nameCursor(id: string, ...names: readonly string[]): Cursor {
  return { id, nameHash: createHash("sha256").update(JSON.stringify(names)).digest().readUIntBE(0, 6) };
}

/** @param message why, and that the walk begins anew */
export function pageTokenInvalid(message: string): DomainError {
  return new DomainError("PAGE_TOKEN_INVALID", message, {
    violations: [{ field: "pagination.page_token", reason: "INVALID_FORMAT", description: message }],
  });
}
