import { phoneForms } from "../core/phone/numbering-plan.js";
import type { Bind } from "./record-list.js";

interface PhoneSearch {
  readonly table: "customer" | "lead";
  /** Alias of the row. */
  readonly alias: string;
  /** SQL of its company. */
  readonly companyId: string;
  /** Whether a column has one of the forms of the number. */
  isAsked(column: string): string;
}

/**
 * The conditions on a record with a phone, of which each record meets at most one: its main phone is asked for, or
 * another one. Two conditions, because each has an index, and the index by main phone has the order of lists.
 */
export function phoneAlternatives({ table, alias, companyId, isAsked }: PhoneSearch): readonly string[] {
  // The last part lets the planner use the partial index of leads.
  const isMain = `${isAsked(`${alias}.phone`)} AND ${alias}.phone <> ''`;
  return [
    isMain,
    `NOT (${isMain}) AND ${alias}.phone <> '' AND ${alias}.id IN (SELECT p.${table}_id FROM ${table}_phone p
      WHERE p.company_id = ${companyId} AND p.position > 0 AND ${isAsked("p.number")})`,
  ];
}

/** The alternatives of a list whose filter has a phone. `$1` is the company. */
export function phoneSearch(table: PhoneSearch["table"], alias: string, { phone }: { readonly phone?: string }) {
  if (phone === undefined) return {};
  const alternatives = (bind: Bind) => {
    const isAsked = isOneOf(phoneForms(phone).map(bind));
    return phoneAlternatives({ table, alias, companyId: "$1", isAsked });
  };
  return { alternatives };
}

/**
 * Compares columns with all forms of a number. A placeholder for each: for an array of unknown length the planner expects
 * ten values, estimates the generic plan as expensive and replans every execution.
 */
export function isOneOf(forms: readonly string[]): PhoneSearch["isAsked"] {
  return (column) => `${column} IN (${forms.join(", ")})`;
}
