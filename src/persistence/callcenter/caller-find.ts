import type { AnsweredField, CallerLookup, CallerRepository } from "../../domain/callcenter/caller-repository.js";
import { fieldTypes } from "../custom-fields.js";
import { type CustomerRow, customerChildren, customerColumns, toCustomer } from "../customers/customer-rows.js";
import type { Database } from "../database.js";
import { type OptionJson, toOption } from "../settings/settings-custom-fields.js";
import { type Statement, statement } from "../statement.js";
import { grantedTo, visibilityValues } from "../visibility.js";
import { type ProfileRow, profileColumns, toProfile } from "./caller-rows.js";

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

/** One statement for the customer with everything the answer holds. */
export function createCallerFind(database: Database): CallerRepository["find"] {
  return async (lookup, signal) => {
    const { visibility, id = null, phone = null, emailKey = null, accountId = null } = lookup;
    const values = [...visibilityValues(visibility), id, phone, emailKey, accountId];
    const [row] = await database.read<FoundRow>(statementFor(lookup), values, signal);
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

/**
 * The most selective thing that is asked drives the search by its index, the others filter. Each has a text of its own, so
 * that PostgreSQL plans it once: one text for all would have to join what it does not look for.
 */
function statementFor({ id, accountId, phone }: CallerLookup): Statement {
  if (id !== undefined) return statements.id;
  if (accountId !== undefined) return statements.account;
  return phone === undefined ? statements.email : statements.phone;
}

const hasAccount = `EXISTS (SELECT FROM customer_account a
  WHERE a.company_id = ($1::text[])[1] AND a.account_id = $6 AND a.customer_id = m.id)`;

/** How each is looked for; the partial index of emails is used for its own condition alone. */
const drives = {
  id: "m.id = $3",
  account: `m.id IN (SELECT a.customer_id FROM customer_account a
    WHERE a.company_id = ($1::text[])[1] AND a.account_id = $6)`,
  phone: "m.phone = $4",
  email: "m.email_key = $5 AND m.email_key <> ''",
} as const;

const filters = {
  id: "$3::text IS NULL",
  phone: "($4::text IS NULL OR m.phone = $4)",
  email: "($5::text IS NULL OR m.email_key = $5)",
  account: `($6::text IS NULL OR ${hasAccount})`,
} as const;

const staffName = `(SELECT concat_ws(' ', nullif(s.first_name, ''), nullif(s.last_name, '')) FROM staff s
  WHERE s.company_id = c.company_id AND s.id = c.assigned_staff_id)`;

/** association_type 1 = customers. */
const fields = `(SELECT json_agg(json_build_object('id', d.id, 'code', d.code, 'type', d.type, 'options', d.options)
    ORDER BY d.display_order, d.label, d.id)
  FROM custom_field d WHERE d.company_id = c.company_id AND d.association_type = 1 AND d.archived_time IS NULL)`;

type Drive = keyof typeof drives;

const statements: Readonly<Record<Drive, Statement>> = {
  id: findBy("id"),
  account: findBy("account"),
  phone: findBy("phone"),
  email: findBy("email"),
};

/** `$1`, `$2`: see visibility.ts; `$1` holds one company. `$3` id, `$4` phone, `$5` email, `$6` account, null = not asked. */
function findBy(drive: Drive): Statement {
  const conditions = { ...filters, [drive]: drives[drive] };
  return statement(
    `caller.by_${drive}`,
    `WITH matched AS (
       SELECT m.id, count(*) OVER () AS match_count FROM customer m
       WHERE m.company_id = ($1::text[])[1] AND ${grantedTo("m")} AND m.archived_time IS NULL
         AND ${Object.values(conditions).join(" AND ")}
       ORDER BY m.last_updated_time DESC, m.id LIMIT 1)
     SELECT ${customerColumns}, ${customerChildren}, ${profileColumns}, ${staffName} AS staff_name, ${fields} AS fields,
       matched.match_count
     FROM matched JOIN customer c ON c.company_id = ($1::text[])[1] AND c.id = matched.id`,
  );
}

function toField({ type: number, options, ...same }: FieldJson): AnsweredField {
  const type = fieldTypes[number];
  if (!type) throw new Error(`custom field ${same.id} has the unknown type ${number}`);
  return { ...same, type, options: options.map(toOption) };
}
