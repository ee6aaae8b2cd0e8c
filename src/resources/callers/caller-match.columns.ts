import { phoneLabels, phoneOwners, plainPhone } from "../../core/phone/contact-phone.js";
import { type Statement, statement } from "../../db/statement.js";
import { type CallerMatch, callerKinds, maxListedMatches } from "./caller.model.js";
import { companyId, findable, findsLeads, type SearchShape, searchConditions } from "./caller-search.columns.js";

/** The main phone of a match, and the row of the phone that was asked for: null if nothing but the number is known. */
export interface MatchedPhoneRow {
  readonly phone: string;
  readonly number: string | null;
  readonly extension: string | null;
  readonly label: number | null;
  readonly belongs_to: number | null;
  readonly person_name: string | null;
}

export interface MatchRow extends MatchedPhoneRow {
  readonly kind: number;
  readonly id: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly match_count: string;
}

/**
 * The first matches in the order of their choice, with the number of all. Customers come before leads. Of each, the owner
 * of the phone by main phone is the first, then the owner by another phone, then the customer of another person.
 */
export function matchesStatement(shape: SearchShape): Statement {
  const matches = [matchesOf("customer", shape), ...(findsLeads(shape) ? [matchesOf("lead", shape)] : [])];
  return statement(
    `caller.matches_by_${shape.asked.join("_")}`,
    `SELECT m.*, count(*) OVER () AS match_count FROM (${matches.join(" UNION ALL ")}) m
     ORDER BY m.kind, m.rank, m.last_updated_time DESC, m.id LIMIT ${maxListedMatches}`,
  );
}

/**
 * The main phone has a row only if more than its number is known. Rows that belong to its former number do not count
 * (db/contact-phones.ts).
 */
function matchesOf(table: "customer" | "lead", shape: SearchShape): string {
  const kind = callerKinds.numberOf(table === "customer" ? "CUSTOMER" : "LEAD");
  const { direct, indirect, isAsked } = searchConditions(table, shape);
  const rows = (condition: string, isMain: boolean) => `SELECT ${isMain} AS is_main, m.id, m.first_name, m.last_name,
      m.phone, m.last_updated_time FROM ${table} m WHERE ${findable[table]("m")} AND ${condition}`;
  const found = [rows(direct, true), ...(indirect === undefined ? [] : [rows(indirect, false)])];
  const isOwn = `coalesce(d.belongs_to, 0) IN (0, ${phoneOwners.numberOf("OWNER")})`;
  const isMatched =
    indirect === undefined
      ? "false"
      : `CASE WHEN m.is_main THEN d.number = m.phone
      ELSE d.position > 0 AND ${isAsked("d.number")} END`;
  return `SELECT ${kind} AS kind, CASE WHEN NOT ${isOwn} THEN 3 WHEN m.is_main THEN 1 ELSE 2 END AS rank, m.id,
      m.first_name, m.last_name, m.phone, m.last_updated_time,
      d.number, d.extension, d.label, d.belongs_to, d.person_name
    FROM (${found.join(" UNION ALL ")}) m
    LEFT JOIN LATERAL (SELECT d.* FROM ${table}_phone d WHERE d.company_id = ${companyId} AND d.${table}_id = m.id
      AND ${isMatched} ORDER BY d.belongs_to, d.position LIMIT 1) d ON true`;
}

/** @param isByPhone whether a phone was asked for */
export function toMatch(row: MatchRow, isByPhone: boolean): CallerMatch {
  const { id, first_name: firstName, last_name: lastName, phone } = row;
  const match = { kind: callerKinds.wordOf(row.kind) ?? "CUSTOMER", id, firstName, lastName, phone };
  return isByPhone ? { ...match, matchedPhone: toMatchedPhone(row) } : match;
}

export function toMatchedPhone({ phone, number, extension, label, belongs_to, person_name }: MatchedPhoneRow) {
  const word = phoneLabels.wordOf(label ?? 0);
  return {
    ...plainPhone(number ?? phone),
    ...(word ? { label: word } : {}),
    extension: extension ?? "",
    belongsTo: phoneOwners.wordOf(belongs_to ?? 0) ?? "OWNER",
    personName: person_name ?? "",
  };
}
