import { email as emailRule } from "../../api/fields.js";
import { meaningful, type Reading, refusal } from "./cell.js";

export interface ReadEmail {
  readonly email: string;
  /** Further addresses in the cell. */
  readonly others: readonly string[];
}

/** Reads an email address: `mailto:`, `Anna <anna@example.com>`, and several in one cell, of which the first counts. */
export function readEmail(cell: string): Reading<ReadEmail> {
  const text = meaningful(cell);
  if (text === "") return undefined;
  const named = [...text.matchAll(/<([^<>]+)>/g)].map(([, address = ""]) => address);
  const [email = "", ...others] = (named.length > 0 ? named : text.split(/[;,\s/|]+/))
    .map((part) =>
      part
        .trim()
        .replace(/^mailto:/i, "")
        .replace(/[.,;]+$/, ""),
    )
    .filter((part) => part !== "");
  if (emailRule.safeParse(email).success) return { email, others };
  return refusal("The email address is not valid.", "Correct the address, or clear the cell.");
}
