import { grantPredicate } from "../../db/access-filter.js";
import { isOneOf, phoneAlternatives } from "../../db/phone-condition.js";
import type { CallerLookup } from "./caller.model.js";

/** The values that a lookup may give. */
const askable = ["id", "accountId", "phone", "emailKey"] as const;

type Asked = (typeof askable)[number];

/** The values other than the phone, which may have several forms. */
type Exact = Exclude<Asked, "phone">;

/** Which values a lookup gives. Statements differ by it. */
export interface SearchShape {
  readonly asked: readonly Asked[];
  /** Number of forms of the phone. */
  readonly forms: number;
}

export function shapeOf(lookup: CallerLookup, forms: readonly string[]): SearchShape {
  return { asked: askable.filter((name) => lookup[name] !== undefined), forms: forms.length };
}

/** The values of `$3` and so on. */
export function searchValues(lookup: CallerLookup, { asked }: SearchShape, forms: readonly string[]) {
  return [...asked.filter(isExact).map((name) => lookup[name]), ...forms];
}

function isExact(name: Asked): name is Exact {
  return name !== "phone";
}

/** SQL of the only company in `$1` (db/access-filter.ts). */
export const companyId = "($1::text[])[1]";

/** The condition of each value. The partial index of emails is used only with its own predicate. */
const conditions: Readonly<Record<Exact, (placeholder: string) => string>> = {
  id: (id) => `m.id = ${id}`,
  accountId: (accountId) => `m.id IN (SELECT a.customer_id FROM customer_account a
    WHERE a.company_id = ${companyId} AND a.account_id = ${accountId})`,
  emailKey: (emailKey) => `m.email_key = ${emailKey} AND m.email_key <> ''`,
};

/** Whether the principal can find a row of the table. */
export const findable = {
  customer: (alias: string) => `${alias}.company_id = ${companyId} AND ${grantPredicate(alias)}
    AND ${alias}.archived_time IS NULL`,
  lead: (alias: string) => `${findable.customer(alias)} AND ${alias}.promoted_customer_id IS NULL`,
} as const;

/**
 * The conditions of a search on `customer AS m` or `lead AS m`. From `$3` on, the exact values in the order of `asked`,
 * then the forms of the phone.
 */
export function searchConditions(table: "customer" | "lead", { asked, forms }: SearchShape) {
  const exact = asked.filter(isExact).map((name, position) => conditions[name](`$${position + 3}`));
  const isAsked = isOneOf(Array.from({ length: forms }, (_, form) => `$${exact.length + 3 + form}`));
  const [isMain = "", isOther = ""] = forms === 0 ? [] : phoneAlternatives({ table, alias: "m", companyId, isAsked });
  const also = (condition: string) => [condition, ...exact].filter((part) => part !== "").join(" AND ");
  return {
    isAsked,
    /** The main phone is asked for, or none. */
    direct: also(isMain),
    /** Another phone is asked for. Absent if none is. */
    ...(forms === 0 ? {} : { indirect: also(isOther) }),
  };
}

/** Whether the lookup can find leads: they have no accounts. */
export function findsLeads({ asked }: SearchShape): boolean {
  return !asked.includes("accountId");
}
