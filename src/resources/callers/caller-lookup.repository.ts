import { accessFilterValues, grantPredicate } from "../../db/access-filter.js";
import type { Database } from "../../db/database.js";
import { type Statement, statement } from "../../db/statement.js";
import { fieldTypeOf, type OptionJson, toOption } from "../custom-fields/custom-field.columns.js";
import { fieldAssociations } from "../custom-fields/custom-field.model.js";
import { type CustomerRow, customerChildren, customerColumns, toCustomer } from "../customers/customer.columns.js";
import { type ProfileRow, profileColumns, toProfile } from "./caller.columns.js";
import type { AnsweredField, CallerRepository } from "./caller.model.js";

interface FoundRow extends CustomerRow, ProfileRow {
  readonly staff_name: string | null;
  readonly fields: readonly FieldJson[] | null;
  readonly match_count: string;
}

interface FieldJson {
  readonly id: string;
  readonly code: string;
  readonly type: number;
  readonly options: readonly OptionJson[];
}

/** One statement for the customer and everything that the response contains. */
export function createCallerFind(database: Database): CallerRepository["find"] {
  return async (lookup, signal) => {
    const asked = askable.filter((name) => lookup[name] !== undefined);
    const values = [...accessFilterValues(lookup.accessFilter), ...asked.map((name) => lookup[name])];
    const [row] = await database.read<FoundRow>(statementFor(asked), values, signal);
    if (!row) return undefined;
    const customer = toCustomer(row);
    return {
      customer,
      profile: toProfile(row, customer),
      staffName: row.staff_name ?? "",
      fields: row.fields?.map(toField) ?? [],
      matchCount: Number(row.match_count),
    };
  };
}

const askable = ["id", "accountId", "phone", "emailKey"] as const;

type Asked = (typeof askable)[number];

const statements = new Map<string, Statement>();

/**
 * The statement for the given values, one of fifteen. Each has its own text, so that PostgreSQL plans it once. A single
 * text would have to join tables that it does not need.
 */
function statementFor(asked: readonly Asked[]): Statement {
  const name = asked.join("_");
  const known = statements.get(name) ?? findBy(asked);
  statements.set(name, known);
  return known;
}

/** The condition of each value. The partial index of emails is used only with its own predicate. */
const conditions: Readonly<Record<Asked, (placeholder: string) => string>> = {
  id: (id) => `m.id = ${id}`,
  accountId: (accountId) => `m.id IN (SELECT a.customer_id FROM customer_account a
    WHERE a.company_id = ($1::text[])[1] AND a.account_id = ${accountId})`,
  phone: (phone) => `m.phone = ${phone}`,
  emailKey: (emailKey) => `m.email_key = ${emailKey} AND m.email_key <> ''`,
};

const staffName = `(SELECT concat_ws(' ', nullif(s.first_name, ''), nullif(s.last_name, '')) FROM staff s
  WHERE s.company_id = c.company_id AND s.id = c.assigned_staff_id)`;

const fields = `(SELECT json_agg(json_build_object('id', d.id, 'code', d.code, 'type', d.type, 'options', d.options)
    ORDER BY d.display_order, d.label, d.id)
  FROM custom_field d WHERE d.company_id = c.company_id AND d.association_type = ${fieldAssociations.numberOf("CUSTOMER")} AND d.archived_time IS NULL)`;

/** `$1`, `$2`: see db/access-filter.ts; `$1` contains one company. From `$3` on, the values in the order of `asked`. */
function findBy(asked: readonly Asked[]): Statement {
  const wanted = asked.map((name, position) => conditions[name](`$${position + 3}`));
  return statement(
    `caller.by_${asked.join("_")}`,
    `WITH matched AS (
       SELECT m.id, count(*) OVER () AS match_count FROM customer m
       WHERE m.company_id = ($1::text[])[1] AND ${grantPredicate("m")} AND m.archived_time IS NULL
         AND ${wanted.join(" AND ")}
       ORDER BY m.last_updated_time DESC, m.id LIMIT 1)
     SELECT ${customerColumns}, ${customerChildren}, ${profileColumns}, ${staffName} AS staff_name, ${fields} AS fields,
       matched.match_count
     FROM matched JOIN customer c ON c.company_id = ($1::text[])[1] AND c.id = matched.id`,
  );
}

function toField({ options, ...field }: FieldJson): AnsweredField {
  return { ...field, type: fieldTypeOf(field), options: options.map(toOption) };
}
