import { phoneOwners } from "../../core/phone/contact-phone.js";
import { phoneForms } from "../../core/phone/numbering-plan.js";
import { accessFilterValues } from "../../db/access-filter.js";
import type { Database } from "../../db/database.js";
import { isOneOf, phoneAlternatives } from "../../db/phone-condition.js";
import { quickStatement, type Statement } from "../../db/statement.js";
import { callerKinds, maxListedMatches } from "./caller.model.js";
import { type ScreenRow, screenColumns, toScreenMatch } from "./caller-screen.columns.js";
import type { CallerScreenRepository } from "./caller-screen.model.js";
import { companyId, findable } from "./caller-search.columns.js";

/** One statement finds everybody with a number, and what is shown of them. */
export function createCallerScreenRepository(database: Database): CallerScreenRepository {
  return {
    async findAll({ accessFilter, phone }, signal) {
      const forms = phoneForms(phone);
      const values = [...accessFilterValues(accessFilter), ...forms];
      const rows = await database.read<ScreenRow>(statementFor(forms.length), values, signal);
      return { matches: rows.map(toScreenMatch), matchCount: Number(rows[0]?.match_count ?? 0) };
    },
  };
}

const statements = new Map<number, Statement>();

/** A statement for each number of forms, so that each has its own plan (db/phone-condition.ts). */
function statementFor(forms: number): Statement {
  const known = statements.get(forms) ?? findAllBy(forms);
  statements.set(forms, known);
  return known;
}

/** Customers before leads; of each the owners by main phone, the owners by another one, then other people. */
const matchOrder = "f.kind, f.rank, f.last_updated_time DESC, f.id";

/** `$1`, `$2`: see db/access-filter.ts; `$1` contains one company. From `$3` on, the forms of the number. */
function findAllBy(forms: number): Statement {
  const isAsked = isOneOf(Array.from({ length: forms }, (_, form) => `$${form + 3}`));
  return quickStatement(
    "caller.screen",
    `WITH f AS MATERIALIZED (
      SELECT f.*, count(*) OVER () AS match_count FROM (${matchesOf("customer", isAsked)}
        UNION ALL ${matchesOf("lead", isAsked)}) f
      ORDER BY ${matchOrder} LIMIT ${maxListedMatches})
     SELECT ${screenColumns} FROM f ORDER BY ${matchOrder}`,
  );
}

/** What only one of the tables has. */
const parts = {
  customer: {
    kind: callerKinds.numberOf("CUSTOMER"),
    columns: "m.status, m.next_appointment_time, NULL AS life_cycle_id, NULL AS action_status_id",
  },
  lead: {
    kind: callerKinds.numberOf("LEAD"),
    columns: "NULL::smallint, NULL::timestamptz, m.life_cycle_id, m.action_status_id",
  },
} as const;

/**
 * A row per match, with the phone that has the number. The main phone has a row only if more than its number is known.
 * Rows that belong to its former number do not count (db/contact-phones.ts).
 */
function matchesOf(table: "customer" | "lead", isAsked: (column: string) => string): string {
  const { kind, columns } = parts[table];
  const [isMain = "", isOther = ""] = phoneAlternatives({ table, alias: "m", companyId, isAsked });
  const rows = (condition: string, isMainPhone: boolean) => `SELECT ${isMainPhone} AS is_main, m.company_id, m.id,
      m.first_name, m.last_name, m.phone, m.last_updated_time, ${columns}
    FROM ${table} m WHERE ${findable[table]("m")} AND ${condition}`;
  const rank = `CASE WHEN coalesce(d.belongs_to, 1) = ${phoneOwners.numberOf("OWNER")}
      THEN CASE WHEN m.is_main THEN 1 ELSE 2 END ELSE 3 END`;
  return `SELECT ${kind} AS kind, ${rank} AS rank, m.*, d.number, d.extension, d.label, d.belongs_to, d.person_name
    FROM (${rows(isMain, true)} UNION ALL ${rows(isOther, false)}) m
    LEFT JOIN LATERAL (SELECT d.* FROM ${table}_phone d WHERE d.company_id = ${companyId} AND d.${table}_id = m.id
      AND CASE WHEN m.is_main THEN d.number = m.phone ELSE d.position > 0 AND ${isAsked("d.number")} END
      ORDER BY d.belongs_to, d.position LIMIT 1) d ON true`;
}
