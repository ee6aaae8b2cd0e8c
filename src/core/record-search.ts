import { enumeration, type WordOf } from "./enumeration.js";

/** Orders of a list of people. By default newest first, or by change for incremental sync. */
export const recordOrders = enumeration("CREATED_DESC", "CREATED_ASC", "LAST_UPDATED_DESC", "NAME_ASC", "NAME_DESC");

export type RecordOrder = WordOf<typeof recordOrders>;

/** Words of a name that a client searches for. */
export interface NameSearch {
  /** Each must be the beginning of a word of the name, or a word of it with a typo. */
  readonly name?: readonly string[];
  /** Each must be the beginning of a word of the name. */
  readonly namePrefix?: readonly string[];
}

/** A condition on a custom field, of which the definition is known. */
export interface FieldSearch {
  readonly code: string;
  /** JSON of the stored form. One of them must be equal, ignoring case. Absent means any value. */
  readonly values?: readonly string[];
  /** Whether the case counts: two options can differ by it alone. */
  readonly options?: readonly string[];
  /** The member of the value that is compared with the limits. */
  readonly member?: "int64" | "timestampTime";
  readonly min?: string;
  readonly max?: string;
}
