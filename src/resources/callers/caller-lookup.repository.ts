import { phoneForms } from "../../core/phone/numbering-plan.js";
import { accessFilterValues, grantPredicate } from "../../db/access-filter.js";
import type { Database } from "../../db/database.js";
import { isOneOf, phoneAlternatives } from "../../db/phone-condition.js";
import { type Statement, statement } from "../../db/statement.js";
import { fieldTypeOf, type OptionJson, toOption } from "../custom-fields/custom-field.columns.js";
import { fieldAssociations } from "../custom-fields/custom-field.model.js";
import { type CustomerRow, customerChildren, customerColumns, toCustomer } from "../customers/customer.columns.js";
import { type LeadRow, leadChildren, leadColumns, toLead } from "../leads/lead.columns.js";
import { type ProfileRow, profileColumns, toProfile } from "./caller.columns.js";
import {
  type AnsweredField,
  type Caller,
  type CallerKind,
  type CallerLookup,
  type CallerMatch,
  type CallerRepository,
  callerKinds,
  maxListedMatches,
} from "./caller.model.js";

/** The columns of the customer are null if nothing matches, or a lead. */
interface FoundRow extends CustomerRow, ProfileRow {
  readonly staff_name: string | null;
  readonly fields: readonly FieldJson[] | null;
  /** Kind and id of the first match, null if nothing matches. */
  readonly first_kind: number | null;
  readonly first_id: string | null;
  readonly match_count: string | null;
  /** All of several matches. */
  readonly matches: readonly MatchJson[] | null;
}

interface MatchJson {
  readonly kind: number;
  readonly id: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly phone: string;
}

interface FieldJson {
  readonly id: string;
  readonly code: string;
  readonly type: number;
  readonly options: readonly OptionJson[];
}

/**
 * One statement finds the matches, and a customer with everything that the response contains. A lead takes a second
 * statement: the tables that only leads need would slow down every request.
 */
export function createCallerFind(database: Database): CallerRepository["find"] {
  const readLead = async (lookup: CallerLookup, id: string, signal: AbortSignal): Promise<Caller | undefined> => {
    const values = [...accessFilterValues(lookup.accessFilter), id];
    const [row] = await database.read<LeadRow & Pick<FoundRow, "staff_name">>(leadStatement, values, signal);
    return row && { kind: "LEAD", lead: toLead(row), staffName: row.staff_name ?? "" };
  };

  return async function find(lookup, signal) {
    const asked = askable.filter((name) => lookup[name] !== undefined);
    const forms = lookup.phone === undefined ? [] : phoneForms(lookup.phone);
    const values = [
      ...accessFilterValues(lookup.accessFilter),
      ...asked.filter(isExact).map((name) => lookup[name]),
      ...forms,
    ];
    const [row] = await database.read<FoundRow>(statementFor(asked, forms.length), values, signal);
    const fields = row?.fields?.map(toField) ?? [];
    if (!row || row.first_id === null) return { matches: [], matchCount: 0, fields };
    const isLead = row.first_kind === callerKinds.numberOf("LEAD");
    const caller = isLead ? await readLead(lookup, row.first_id, signal) : toCaller(row);
    // The lead was archived or promoted after the first statement.
    if (!caller) return find(lookup, signal);
    const matches = row.matches?.map(toMatch) ?? [matchOf(caller)];
    return { caller, matches, matchCount: Number(row.match_count), fields };
  };
}

/** The ids of the active custom fields of customers, in their order. */
export async function readFieldIds(database: Database, companyId: string, signal: AbortSignal) {
  const rows = await database.read<{ id: string }>(fieldIdsStatement, [companyId], signal);
  return rows.map(({ id }) => id);
}

const askable = ["id", "accountId", "phone", "emailKey"] as const;

type Asked = (typeof askable)[number];

const statements = new Map<string, Statement>();

/** The values other than the phone, which may have several forms. */
type Exact = Exclude<Asked, "phone">;

function isExact(name: Asked): name is Exact {
  return name !== "phone";
}

/**
 * The statement for the given values, one of fifteen for each number of forms of the phone. Each has its own text, so
 * that PostgreSQL plans it once. A single text would have to join tables that it does not need.
 */
function statementFor(asked: readonly Asked[], forms: number): Statement {
  const name = `${asked.join("_")} ${forms}`;
  const known = statements.get(name) ?? findBy(asked, forms);
  statements.set(name, known);
  return known;
}

/** The condition of each value. The partial index of emails is used only with its own predicate. */
const conditions: Readonly<Record<Exact, (placeholder: string) => string>> = {
  id: (id) => `m.id = ${id}`,
  accountId: (accountId) => `m.id IN (SELECT a.customer_id FROM customer_account a
    WHERE a.company_id = ($1::text[])[1] AND a.account_id = ${accountId})`,
  emailKey: (emailKey) => `m.email_key = ${emailKey} AND m.email_key <> ''`,
};

const staffNameBy = (staffId: string) => `(SELECT concat_ws(' ', nullif(s.first_name, ''), nullif(s.last_name, ''))
  FROM staff s WHERE s.company_id = ($1::text[])[1] AND s.id = ${staffId})`;

const activeFields = (companyId: string) => `custom_field d WHERE d.company_id = ${companyId}
  AND d.association_type = ${fieldAssociations.numberOf("CUSTOMER")} AND d.archived_time IS NULL`;
const fieldOrder = "d.display_order, d.label, d.id";

const fieldIdsStatement = statement(
  "caller.field_ids",
  `SELECT d.id FROM ${activeFields("$1")} ORDER BY ${fieldOrder}`,
);

const fields = `(SELECT json_agg(json_build_object('id', d.id, 'code', d.code, 'type', d.type, 'options', d.options)
    ORDER BY ${fieldOrder})
  FROM ${activeFields("($1::text[])[1]")})`;

/** A match by main phone comes before one by another phone, such as the phone of an emergency contact. */
const matchOrder = "m.alternative, m.last_updated_time DESC, m.id";

/**
 * `$1`, `$2`: see db/access-filter.ts; `$1` contains one company. From `$3` on, the exact values in the order of `asked`,
 * then the forms of the phone. There is always exactly one row. Leads are searched only if no customer matches.
 */
function findBy(asked: readonly Asked[], forms: number): Statement {
  const matchesOf = (kind: CallerKind, ...further: readonly string[]) => {
    const table = kind === "LEAD" ? "lead" : "customer";
    const rows = wantedOf(table, asked.filter(isExact), forms).map(
      (
        wanted,
        alternative,
      ) => `SELECT ${alternative} AS alternative, m.id, m.last_updated_time, m.first_name, m.last_name, m.phone FROM ${table} m
       WHERE m.company_id = ($1::text[])[1] AND ${grantPredicate("m")} AND m.archived_time IS NULL
         AND ${[...further, wanted].join(" AND ")}`,
    );
    return `SELECT ${callerKinds.numberOf(kind)} AS kind, m.*, count(*) OVER () AS match_count
       FROM (${rows.join(" UNION ALL ")}) m ORDER BY ${matchOrder} LIMIT ${maxListedMatches}`;
  };
  const ofLeads = "NOT EXISTS (SELECT 1 FROM own) AND m.promoted_customer_id IS NULL";
  const leads = asked.includes("accountId") ? "" : `UNION ALL (${matchesOf("LEAD", ofLeads)})`;
  return statement(
    `caller.by_${asked.join("_")}`,
    `WITH own AS MATERIALIZED (${matchesOf("CUSTOMER")}),
     found AS MATERIALIZED (SELECT * FROM own ${leads})
     SELECT ${customerColumns}, ${customerChildren}, ${profileColumns},
       ${staffNameBy("c.assigned_staff_id")} AS staff_name, ${fields} AS fields,
       first.kind AS first_kind, first.id AS first_id, first.match_count,
       CASE WHEN first.match_count > 1 THEN (SELECT json_agg(json_build_object('kind', m.kind, 'id', m.id,
         'first_name', m.first_name, 'last_name', m.last_name, 'phone', m.phone) ORDER BY ${matchOrder})
         FROM found m) END AS matches
     FROM (VALUES (1)) one
     LEFT JOIN (SELECT m.kind, m.id, m.match_count FROM found m ORDER BY ${matchOrder} LIMIT 1) first ON true
     LEFT JOIN customer c ON c.company_id = ($1::text[])[1] AND c.id = first.id
       AND first.kind = ${callerKinds.numberOf("CUSTOMER")}`,
  );
}

/** The conditions of which a match meets exactly one, the main phone first. */
function wantedOf(table: "customer" | "lead", exact: readonly Exact[], forms: number): readonly string[] {
  const ofExact = exact.map((name, position) => conditions[name](`$${position + 3}`));
  if (forms === 0) return [ofExact.join(" AND ")];
  const isAsked = isOneOf(Array.from({ length: forms }, (_, form) => `$${exact.length + 3 + form}`));
  const ofPhone = phoneAlternatives({ table, alias: "m", companyId: "($1::text[])[1]", isAsked });
  return ofPhone.map((condition) => [condition, ...ofExact].join(" AND "));
}

/** `$3` is the id. */
const leadStatement = statement(
  "caller.lead",
  `SELECT ${leadColumns}, ${leadChildren}, ${staffNameBy("l.allocate_staff_id")} AS staff_name FROM lead l
   WHERE l.company_id = ($1::text[])[1] AND l.id = $3 AND ${grantPredicate("l")}
     AND l.archived_time IS NULL AND l.promoted_customer_id IS NULL`,
);

function toCaller(row: FoundRow): Caller {
  const customer = toCustomer(row);
  return { kind: "CUSTOMER", customer, profile: toProfile(row, customer), staffName: row.staff_name ?? "" };
}

function toField({ options, ...field }: FieldJson): AnsweredField {
  return { ...field, type: fieldTypeOf(field), options: options.map(toOption) };
}

function matchOf(caller: Caller): CallerMatch {
  const { id, firstName, lastName, phone } = caller.kind === "CUSTOMER" ? caller.customer : caller.lead;
  return { kind: caller.kind, id, firstName, lastName, phone };
}

function toMatch({ kind, id, first_name: firstName, last_name: lastName, phone }: MatchJson): CallerMatch {
  return { kind: callerKinds.wordOf(kind) ?? "CUSTOMER", id, firstName, lastName, phone };
}
