import { createHash } from "node:crypto";
import { DomainError } from "./errors.js";

/** The position at which a page starts: after the row with these values in the order of the list. */
export interface Cursor {
  /** Absent in lists ordered by name. */
  readonly time?: Date;
  /** 48-bit hash of the row's name, only in lists ordered by name. The name itself would not fit into a token. */
  readonly nameHash?: number;
  readonly id: string;
}

/** The rows of a list to read. Repositories select `size + 1` rows: the extra row indicates a next page. */
export interface Page {
  readonly size: number;
  readonly after?: Cursor;
  /** Rows to skip, for clients that count pages themselves. 0 with a cursor. */
  readonly offset: number;
}

/** A half-open time range: start inclusive, end exclusive. Either may be absent. */
export interface TimeRange {
  readonly start?: Date;
  readonly end?: Date;
}

/** A cursor in name order. The most significant part of the name is first. */
export function nameCursor(id: string, ...names: readonly string[]): Cursor {
  return { id, nameHash: createHash("sha256").update(JSON.stringify(names)).digest().readUIntBE(0, 6) };
}

/** @param message the reason, and that pagination must be restarted */
export function pageTokenInvalid(message: string): DomainError {
  return new DomainError("PAGE_TOKEN_INVALID", message, {
    violations: [{ field: "pagination.page_token", reason: "INVALID_FORMAT", description: message }],
  });
}
